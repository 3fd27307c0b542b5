"""An invalid setting or state folder gives one sentence that names it."""

import os
import re
from pathlib import Path

import pytest
from libs.operator.tests.launched import run_linktime

from linktime_common.settings import InvalidSettings, load, read
from linktime_operator.deploy.prepare import PrepareSettings
from linktime_operator.errors import StackError
from linktime_operator.locate import RemoteSettings
from linktime_operator.stack.run import FALSE
from linktime_operator.stack.settings import StackSettings, StateSettings
from linktime_operator.stack.stack import Stack


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (StackSettings, "LINKTIME_PORT", "abc"),
        (StackSettings, "LINKTIME_PORT", "0"),
        (StackSettings, "LINKTIME_BOOKINGS_PORT", "70000"),
        (StackSettings, "LINKTIME_POSTGRES_PORT", ""),
        (StackSettings, "LINKTIME_CALENDAR", "hunter2"),
        (StackSettings, "LINKTIME_REPLICAS", "0"),
        (StackSettings, "LINKTIME_REPLICAS", "9"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "ftp://book.example.com"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://book.example.com:99999"),
        (StackSettings, "LINKTIME_POSTGRES_DSN", "hunter2"),
        (StackSettings, "LINKTIME_POSTGRES_DSN", "postgresql://u:hunter2@host:port/"),
        (StackSettings, "LINKTIME_POSTGRES_DSN", "postgresql://u:hunter2@one:1,two:2/"),
        (StackSettings, "LINKTIME_AMQP_URL", "http://u:hunter2@host/"),
        (StackSettings, "LINKTIME_AMQP_URL", "amqp://u:hunter2@host:port/"),
        (StackSettings, "LINKTIME_AMQP_URL", "amqp:///"),
        (StateSettings, "LINKTIME_STATE", ""),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://u:hunter2@book.example.com"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://@book.example.com"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://book.example.com?hunter2"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://book.example.com/#hunter2"),
        (StackSettings, "LINKTIME_PUBLIC_URL", " https://book.example.com"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://book.example.com/a b"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://book.example.com\\a"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://book.example.com/\x1b[2J"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "http:book.example.com"),
        (StackSettings, "LINKTIME_PORT", "18430.0"),
        (StackSettings, "LINKTIME_PORT", "1_8430"),
        (StackSettings, "LINKTIME_AMQP_PORT", " 18430 "),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://x..example"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://-.example"),
        (StackSettings, "LINKTIME_PUBLIC_URL", f"https://{'a' * 300}.example"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://1.2.3"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://0x7f000001"),
        (StackSettings, "LINKTIME_PUBLIC_URL", "https://１２７.0.0.1"),
        (PrepareSettings, "LINKTIME_POSTGRES_DSN", "hunter2"),
        (PrepareSettings, "LINKTIME_AMQP_URL", "hunter2"),
        (RemoteSettings, "LINKTIME_OPERATOR_KEYS", "hunter2"),
        (RemoteSettings, "LINKTIME_OPERATOR_KEYS", "[]"),
        (RemoteSettings, "LINKTIME_OPERATOR_KEYS", '{"scim": 1}'),
        (RemoteSettings, "LINKTIME_OPERATOR_KEYS", '{"scim": "hunter2"}'),
        (RemoteSettings, "LINKTIME_OPERATOR_KEYS", '{"scim": "a:hunter2"}'),
        (RemoteSettings, "LINKTIME_OPERATOR_KEYS", '{"scim": "a:hunter2é"}'),
        (PrepareSettings, "LINKTIME_PASSWORDS", '["hunter2"]'),
        (PrepareSettings, "LINKTIME_PASSWORDS", '{"a": ["hunter2"]}'),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(
    settings: type[StackSettings | StateSettings | RemoteSettings | PrepareSettings],
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line and status 2, for every kind of setting."""
    monkeypatch.setenv("LINKTIME_AMQP_URL", "amqp://localhost/")
    monkeypatch.setenv("LINKTIME_RABBITMQ_MANAGEMENT_URL", "http://localhost/")
    monkeypatch.setenv("LINKTIME_PASSWORDS", "{}")
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        read(settings)
    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert shown.startswith((f"{name}: ", f"{name} "))
    assert shown.count("\n") == 1
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LINKTIME_PORT": "18440", "LINKTIME_BOOKINGS_PORT": "18440"}, "BOOKINGS"),
        ({"LINKTIME_BOOKINGS_PORT": "8080"}, "BOOKINGS"),
        ({"LINKTIME_PORT": "18440", "LINKTIME_POSTGRES_PORT": "18440"}, "POSTGRES"),
        ({"LINKTIME_PORT": "18440", "LINKTIME_AMQP_PORT": "18440"}, "AMQP"),
    ],
)
def test_equal_ports_are_refused_by_name(
    settings: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that equals the default of another."""
    monkeypatch.delenv("LINKTIME_PORT", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    port = list(settings.values())[-1]
    with pytest.raises(InvalidSettings) as refused:
        load(StackSettings)
    assert str(refused.value) == (
        f"LINKTIME_PORT and LINKTIME_{said}_PORT must be different ports, not {port}"
    )


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:8443", "http://[::1]:80/", "https://bücher.example", "http://host_a"],
)
def test_usual_public_addresses_are_accepted(url: str) -> None:
    assert StackSettings.model_validate({"public_url": url}).public_url


@pytest.mark.parametrize("kind", [StackSettings, RemoteSettings])
@pytest.mark.parametrize("path", ["/path", "/path/", "//"])
def test_a_public_address_with_a_path_is_refused(
    kind: type[StackSettings | RemoteSettings], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages load their scripts and call the API at the root of their host."""
    monkeypatch.setenv("LINKTIME_PUBLIC_URL", f"https://book.example.com{path}")
    with pytest.raises(InvalidSettings) as refused:
        load(kind)
    assert str(refused.value) == (
        "LINKTIME_PUBLIC_URL must have no path: pages and API are at the root of the host"
    )


def test_the_page_names_each_word_of_a_switch() -> None:
    """As they are read; `FALSE` has those that turn it off."""
    page = (Path(__file__).parents[4] / "docs" / "running.md").read_text("utf-8")
    sentence = page.partition("are `on` or `off`. ")[2].partition("; ")[0]
    on, off = (re.findall(r"`(\w+)`", part) for part in sentence.split("also mean on"))
    assert {"off", *off} == FALSE
    for word in ("on", *on):
        assert StackSettings.model_validate({"calendar": word.title()}).calendar
    for word in FALSE:
        assert not StackSettings.model_validate({"calendar": word.title()}).calendar
    assert len(on) == len(off)


async def test_an_invalid_setting_of_a_service_has_status_2(tmp_path: Path) -> None:
    """As one of the stack, also one that the stack sets itself, and a bad option."""
    for name in ("BOOKINGS_LINK_KEYS", "BOOKINGS_PORT"):
        env = {**os.environ, "LINKTIME_STATE": str(tmp_path / "state"), name: "[]"}
        outcome = await run_linktime("run", "--json", env=env)
        assert (outcome.status, name in outcome.error) == (2, True)


async def test_a_command_reports_it_as_json(tmp_path: Path) -> None:
    """Like invalid options: status 2, the sentence under `error`."""
    env = {**os.environ, "LINKTIME_STATE": str(tmp_path), "LINKTIME_PORT": "abc"}
    for arguments in (("run",), ("run", "--json")):
        outcome = await run_linktime(*arguments, env=env)
        assert (outcome.status, outcome.output) == (2, "")
        assert "LINKTIME_PORT must be a port, a number from 1 to 65535" in outcome.error
    assert outcome.error.startswith('{"error":"LINKTIME_PORT must')


def test_a_missing_setting_is_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each on a line."""
    for field in PrepareSettings.model_fields:
        monkeypatch.delenv(f"LINKTIME_{field.upper()}", raising=False)
    with pytest.raises(InvalidSettings) as refused:
        load(PrepareSettings)
    assert "LINKTIME_AMQP_URL is missing" in str(refused.value).splitlines()


def test_a_public_url_has_one_spelling() -> None:
    """The services compare and extend it: no trailing slash, the host in lower case."""
    settings = StackSettings.model_validate({"public_url": "https://Book.example.com/"})
    assert settings.public_url == "https://book.example.com"


@pytest.mark.parametrize(
    "dsn", ["postgres://u@host/x", "postgresql:///x?host=/var/run/postgresql", "postgresql://h:1/x"]
)
def test_usual_spellings_of_an_address_are_read(dsn: str) -> None:
    """A Unix socket, no port, the shorter scheme."""
    settings = StackSettings.model_validate({"postgres_dsn": dsn})
    assert settings.postgres_dsn is not None
    assert settings.postgres_dsn.get_secret_value() == dsn


async def test_a_state_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A file in its place, or in place of a folder in it; no lock is left behind."""
    (tmp_path / "file").touch()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "logs").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "state", tmp_path / "state"):
        for _attempt in range(2):
            with pytest.raises(StackError, match="LINKTIME_STATE names another") as refused:
                await Stack(folder, StackSettings(port=None), temporary=True).start()
            assert str(refused.value).startswith(str(folder))


async def test_settings_of_services_are_checked_before_a_server_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the service and the variable; no server has been started for it."""
    monkeypatch.setenv("BOOKINGS_LINK_KEYS", '["a:hunter2"]')
    with pytest.raises(StackError) as refused:
        await Stack(tmp_path / "state", StackSettings(port=None)).start()
    first, second = str(refused.value).splitlines()
    assert first == "The settings of bookings are wrong:"
    assert second.startswith("BOOKINGS_LINK_KEYS: 0: must be a key")
    assert "hunter2" not in second
    assert not (tmp_path / "state" / "postgresql").exists()
    assert not (tmp_path / "state" / "rabbitmq" / "data").exists()


async def test_a_setting_of_every_service_is_not_said_to_be_one_service_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever service is checked first."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense")
    with pytest.raises(StackError) as refused:
        await Stack(tmp_path / "state", StackSettings(port=None)).start()
    first, second = str(refused.value).splitlines()
    assert first == "The settings of every service are wrong:"
    assert second.startswith("OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://coll")


def test_the_words_of_a_switch_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the README has them."""
    monkeypatch.setenv("LINKTIME_CALENDAR", "maybe")
    with pytest.raises(InvalidSettings, match=r"^LINKTIME_CALENDAR must be on or off,"):
        load(StackSettings)


async def test_a_folder_that_rabbitmq_cannot_use_is_refused_before_a_server_starts(
    tmp_path: Path,
) -> None:
    """With the variable that sets another folder."""
    state = tmp_path / "it's"
    with pytest.raises(StackError, match="name another folder with LINKTIME_STATE"):
        await Stack(state, StackSettings(port=None)).start()
    assert not (state / "postgresql").exists()
