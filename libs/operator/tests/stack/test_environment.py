from pathlib import Path

import pytest

from linktime_operator.errors import StackError
from linktime_operator.stack.environment import for_service, refuse_fixed
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.processes import Processes
from linktime_operator.stack.services import (
    FIXED,
    SERVICES,
    ServiceAddress,
    Wiring,
    is_loopback,
    variables,
)
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack

MAY_BE_SET = ("ALLOW_HTTP", "ALLOWED_NETWORKS", "SEALING_KEYS", "LINK_KEYS")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove all settings of services from the environment."""
    for service in SERVICES:
        for name in (*MAY_BE_SET, "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY"):
            monkeypatch.delenv(f"{service.upper()}_{name}", raising=False)


def wiring(folder: Path, public_url: str = "http://127.0.0.1:8080") -> Wiring:
    """Return a stack's wiring with ports 1000, 1001, …, and servers at 5432 and 5672."""
    return Wiring(
        addresses={
            name: ServiceAddress(1000 + 2 * number, 1001 + 2 * number)
            for number, name in enumerate(SERVICES)
        },
        public_url=public_url,
        dsns=dict.fromkeys(SERVICES, "postgresql://u:p@db.internal/x"),
        broker_urls=dict.fromkeys(SERVICES, "amqp://u:p@127.0.0.1:5672/"),
        other_ports=[1025, 4369, 25672],
        broker_prefix="linktime",
        keys=KeptSecrets(folder),
        smtp={"SMTP_HOST": "127.0.0.1", "SMTP_PORT": 1025, "SMTP_SECURITY": "none"},
    )


def environment(service: str, stack: Wiring) -> dict[str, str]:
    """Return the environment of a service of this stack."""
    return for_service(service, stack.fixed(service), stack.defaults(service), {})


def test_a_service_sees_its_own_settings_and_not_the_shells_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program's token, or another service's setting, is not passed on."""
    monkeypatch.setenv("BOOKINGS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("CONTACTS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("SOME_TOKEN", "secret")
    seen = for_service("bookings", {}, {}, {})
    assert seen["BOOKINGS_LOG_LEVEL"] == "DEBUG"
    assert "PATH" in seen
    assert not {"CONTACTS_LOG_LEVEL", "SOME_TOKEN"} & set(seen)


def test_the_environment_overrides_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also if it is the safer value; a test's override wins over both."""
    monkeypatch.setenv("WEBHOOKS_ALLOW_HTTP", "false")
    monkeypatch.setenv("WEBHOOKS_ALLOWED_NETWORKS", "[]")
    stack = wiring(tmp_path)
    for service in SERVICES:
        for name in stack.defaults(service):
            monkeypatch.setenv(name, "chosen")
            assert environment(service, stack)[name] == "chosen"
    seen = for_service("webhooks", {}, {"WEBHOOKS_X": "1"}, {"WEBHOOKS_X": "2"})
    assert seen["WEBHOOKS_X"] == "2"


@pytest.mark.parametrize("service", SERVICES)
def test_settings_of_the_stack_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: str
) -> None:
    """The sentence names the variable, and the setting to use instead."""
    stack = wiring(tmp_path)
    instead = {
        "POSTGRES_DSN": "LINKTIME_POSTGRES_DSN",
        "BROKER_URL": "LINKTIME_AMQP_URL",
        "PUBLIC_URL": "LINKTIME_PUBLIC_URL",
        "PORT": "LINKTIME_PORT" if service == "gateway" else f"LINKTIME_{service.upper()}_PORT",
    }
    assert set(variables(service, dict.fromkeys(FIXED[service]))) == set(stack.fixed(service))
    for name in stack.fixed(service):
        with monkeypatch.context() as once:
            once.setenv(name, "chosen")
            with pytest.raises(StackError, match=f"^{name} cannot be set here") as refused:
                refuse_fixed(FIXED)
        advice = instead.get(name.removeprefix(f"{service.upper()}_"), "unset it.")
        assert advice in str(refused.value)


async def test_it_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not even the state folder is created."""
    monkeypatch.setenv("BOOKINGS_PORT", "1")
    state = tmp_path / "state"
    with pytest.raises(StackError, match=r"^BOOKINGS_PORT cannot be set here"):
        await Stack(state, StackSettings(port=None), temporary=True).start()
    assert not state.exists()


async def test_a_variable_that_is_no_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anything starts, which it does nevertheless."""
    monkeypatch.setenv("BOOKINGS_LOG_LEVLE", "hunter2")
    (tmp_path / "logs").mkdir()
    said: list[str] = []
    await Processes(tmp_path, {}, 1).check(wiring(tmp_path), said.append)
    advice = "did you mean BOOKINGS_LOG_LEVEL?"
    assert said == [f"BOOKINGS_LOG_LEVLE is no setting and has no effect; {advice}"]


async def test_a_cache_that_is_no_folder_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Instead of a download into the state folder."""
    monkeypatch.delenv("LINKTIME_AMQP_URL", raising=False)
    cache = tmp_path / "file"
    cache.touch()
    monkeypatch.setenv("LINKTIME_CACHE", str(cache))
    state = tmp_path / "state"
    with pytest.raises(StackError, match=f"^LINKTIME_CACHE names {cache}, which is not a folder"):
        await Stack(state, StackSettings(port=None), temporary=True).start()
    assert not (state / "postgresql").exists()


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("https://linktime.localhost", True),
        ("http://[::1]:8080", True),
        ("https://book.example.com", False),
        ("http://192.168.1.5:8080", False),
        ("https://localhost.example.com", False),
    ],
)
def test_the_guard_is_on_with_a_public_address(tmp_path: Path, url: str, loopback: bool) -> None:
    """A stack with a public address does not send webhooks into its own network."""
    assert is_loopback(url) is loopback
    seen = environment("webhooks", wiring(tmp_path, url))
    assert ("WEBHOOKS_ALLOW_HTTP" in seen) is loopback
    assert ("WEBHOOKS_ALLOWED_NETWORKS" in seen) is loopback


def test_webhooks_knows_every_port_of_the_stack(tmp_path: Path) -> None:
    """Both of each service, and the servers' with Erlang's; else the default ports."""
    seen = environment("webhooks", wiring(tmp_path, "https://book.example.com"))
    ports = [*range(1000, 1000 + 2 * len(SERVICES)), 1025, 4369, 5432, 5672, 25672]
    assert seen["WEBHOOKS_FORBIDDEN_PORTS"] == str(ports).replace(" ", "")
