"""The deployment files set what each service's settings require."""

import importlib
import json
import os
import re
from pathlib import Path

import pytest
import yaml

from linktime_common.settings import ServiceSettings, load
from linktime_local.servers.postgres import LOG_WITHOUT_DATA
from linktime_operator.deploy import secrets
from linktime_operator.deploy.prepare import PrepareSettings
from linktime_operator.deploy.secrets import DeployTarget
from linktime_operator.stack import connections
from linktime_operator.stack.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
K8S = ROOT / "deploy" / "k8s" / "base"
IMAGE = {"HOST": "0.0.0.0", "PORT": "8000", "INTERNAL_PORT": "8001"}


def written(folder: Path, reader: str) -> dict[str, str]:
    """Return the variables of one reader's file."""
    lines = (folder / f"{reader}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def with_defaults(value: str) -> str:
    """Return a value of the compose file as it is if no variable is set."""
    while (replaced := re.sub(r"\$\{\w+:-([^${}]*)\}", r"\1", value)) != value:
        value = replaced
    return value


MAIL_FILE = "deploy/compose/secrets/mail.env"


def read_settings(
    service: str, environment: dict[str, str], patch: pytest.MonkeyPatch
) -> ServiceSettings:
    """Read the service's settings from this environment only, keys included."""
    for name in [name for name in os.environ if name.startswith(f"{service.upper()}_")]:
        patch.delenv(name)
    for name, value in environment.items():
        patch.setenv(name, value)
    found: ServiceSettings = load(
        importlib.import_module(f"linktime_{service}.app").SERVICE.settings
    )
    found.issuing_keys()
    found.accepted_keys()
    names = {f"{service}_{name}".upper() for name in type(found).model_fields}
    assert set(environment) <= names, "a name that no setting has"
    return found


@pytest.mark.parametrize("role", ["", "-migrate"])
@pytest.mark.parametrize("service", SERVICES)
def test_compose_sets_every_setting(
    service: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No container of the compose file has missing, misspelt or malformed settings."""
    container = COMPOSE[f"{service}{role}"]
    by_hand = [MAIL_FILE] if service == "bookings" else []
    by_hand.append(f"deploy/compose/settings/{service}.env")
    assert container["env_file"] == [
        f"deploy/compose/secrets/{service}.env",
        *({"path": path, "required": False} for path in by_hand),
    ]
    secrets.write(DeployTarget.COMPOSE, tmp_path)
    environment = {
        **{f"{service.upper()}_{name}": value for name, value in IMAGE.items()},
        **container.get("environment", {}),
        **written(tmp_path, service),
    }
    environment = {name: with_defaults(value) for name, value in environment.items()}
    read_settings(service, environment, monkeypatch)


@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_sets_every_setting(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for the pods, whose secrets are files; the database's operator makes the address."""
    kustomization = yaml.safe_load((K8S / service / "kustomization.yaml").read_text())
    (settings,) = kustomization["configMapGenerator"]
    secrets.write(DeployTarget.KUBERNETES, tmp_path)
    variables = written(tmp_path, service)
    assert f"{service.upper()}_POSTGRES_DSN" not in variables
    environment = {
        **{f"{service.upper()}_{name}": value for name, value in IMAGE.items()},
        **dict(line.split("=", 1) for line in settings["literals"]),
    }
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    variables[f"{service.upper()}_POSTGRES_DSN"] = "postgresql://somebody@somewhere/linktime"
    for name, value in variables.items():
        (mounted / name).write_text(value)
    monkeypatch.setenv("LINKTIME_SECRETS", str(mounted))
    found = read_settings(service, environment, monkeypatch)
    assert found.postgres_dsn.get_secret_value() == variables[f"{service.upper()}_POSTGRES_DSN"]
    assert (
        found.identity_accept.keys()
        == json.loads(variables[f"{service.upper()}_IDENTITY_ACCEPT"]).keys()
    )


def test_no_file_sets_a_name_that_is_no_setting() -> None:
    """Also in overlays, components, scripts and comments."""
    prefixes = "|".join(service.upper() for service in SERVICES)
    known = {
        f"{service}_{name}".upper()
        for service in SERVICES
        for name in importlib.import_module(f"linktime_{service}.app").SERVICE.settings.model_fields
    }
    files = [ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*")]
    texts = [path.read_text(errors="replace") for path in files if path.is_file()]
    named = set(re.findall(rf"\b(?:{prefixes})_[A-Z0-9_]*[A-Z0-9]\b", "\n".join(texts)))
    assert len(named) > 20
    assert named - known == set()


def test_secrets_are_kept_and_given_to_their_readers_only(tmp_path: Path) -> None:
    """A second run changes nothing; no file has a secret of another reader only."""
    first = {path: path.read_text() for path in secrets.write(DeployTarget.COMPOSE, tmp_path)}
    assert first == {
        path: path.read_text() for path in secrets.write(DeployTarget.COMPOSE, tmp_path)
    }
    assert {path.stat().st_mode & 0o777 for path in first} == {0o600}
    for service in SERVICES:
        password = (tmp_path / "kept" / f"rabbitmq-{service}").read_text()
        holders = {path.stem for path, text in first.items() if password in text}
        assert holders == {service, "prepare"}
    contacts = written(tmp_path, "contacts")
    assert contacts["CONTACTS_IDENTITY_ISSUE"] == "{}", "contacts speaks for nobody"


def test_an_added_key_is_used_first_and_the_old_one_accepted(tmp_path: Path) -> None:
    """Until someone removes the old one's file."""
    secrets.write(DeployTarget.KUBERNETES, tmp_path)
    kept = tmp_path / "kept"
    for name in ("availability-sealing", "webhooks-sealing", "bookings-links"):
        (kept / f"{name}-2").write_text(f"{'B' * 43}=")
    secrets.write(DeployTarget.KUBERNETES, tmp_path)

    def ids(reader: str, variable: str) -> list[str]:
        keys: list[str] = json.loads(written(tmp_path, reader)[variable])
        return [key.split(":")[0] for key in keys]

    assert ids("availability", "AVAILABILITY_SEALING_KEYS") == ["sealing-2", "sealing-1"]
    assert ids("webhooks", "WEBHOOKS_SEALING_KEYS") == ["sealing-2", "sealing-1"]
    assert ids("bookings", "BOOKINGS_LINK_KEYS") == ["link-2", "link-1"]
    (kept / "bookings-links").unlink()
    secrets.write(DeployTarget.KUBERNETES, tmp_path)
    assert ids("bookings", "BOOKINGS_LINK_KEYS") == ["link-2"]


def test_external_servers_are_used_as_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each service with its own login; options of the addresses are kept."""
    monkeypatch.setenv("LINKTIME_POSTGRES_DSN", "postgresql://a:b@db:6432/postgres?sslmode=require")
    monkeypatch.setenv("LINKTIME_AMQP_URL", "amqps://a:b@mq:5671/")
    monkeypatch.setenv("LINKTIME_RABBITMQ_MANAGEMENT_URL", "https://mq:15671")
    secrets.write(DeployTarget.EXTERNAL, tmp_path)
    kept = {path.name: path.read_text() for path in (tmp_path / "kept").iterdir()}
    scim = written(tmp_path, "scim")
    assert scim["SCIM_POSTGRES_DSN"] == (
        f"postgresql://linktime_scim:{kept['postgres-scim']}@db:6432/linktime_scim?sslmode=require"
    )
    assert scim["SCIM_BROKER_URL"] == f"amqps://scim:{kept['rabbitmq-scim']}@mq:5671/"
    operator = written(tmp_path, "operator")["LINKTIME_RABBITMQ_MANAGEMENT_URL"]
    assert operator == f"https://operator:{kept['rabbitmq-operator']}@mq:15671"
    for name in [name for name in os.environ if name.startswith("LINKTIME_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LINKTIME_SECRETS", str(tmp_path / "mounted"))
    (tmp_path / "mounted").mkdir()
    for name, value in written(tmp_path, "prepare").items():
        (tmp_path / "mounted" / name).write_text(value)
    assert load(PrepareSettings).administrator_url() == "amqps://a:b@mq:5671/"


def test_prepare_reads_the_written_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preparing container has a password for every service on both servers."""
    secrets.write(DeployTarget.COMPOSE, tmp_path)
    for name, value in {
        **COMPOSE["prepare"]["environment"],
        **written(tmp_path, "prepare"),
    }.items():
        monkeypatch.setenv(name, value)
    expected = {f"{server}-{name}" for server in ("postgres", "rabbitmq") for name in SERVICES}
    expected.add("rabbitmq-operator")
    assert set(PrepareSettings().passwords) == expected


def test_postgresql_logs_no_rows() -> None:
    """As in `make run`; CloudNativePG's log format needs another setting."""
    assert COMPOSE["postgres"]["command"] == [
        "postgres",
        *("-c", f"max_connections={connections.on_one_machine()}"),
        *(word for setting in LOG_WITHOUT_DATA for word in ("-c", setting)),
    ]
    cluster = yaml.safe_load((K8S / "service" / "database.yaml").read_text())
    assert cluster["spec"]["postgresql"]["parameters"] == {"log_min_messages": "log"}
