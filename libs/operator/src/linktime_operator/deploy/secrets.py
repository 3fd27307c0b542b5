"""The secrets of a deployment: created once, kept, and written as one environment file per reader.

Each file contains only what one container or pod needs. Names of servers are those of
docker-compose.yml and deploy/k8s: `postgres`, `rabbitmq` and `valkey`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import orjson
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.private_files import write_private
from linktime_common.setting_types import AmqpUrl, PostgresDsn
from linktime_operator.environment import read
from linktime_operator.stack import databases
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.services import (
    OPERATOR,
    SEALS,
    SERVICES,
    accepted_by,
    issued_by,
    link_keys,
    sealing_keys,
)

STACK = "linktime"
ADMINISTRATOR = "administrator"
BROKER, MANAGEMENT = "amqp://rabbitmq:5672/", "http://rabbitmq:15672"

Environment = Mapping[str, object]


class DeployTarget(StrEnum):
    """Where the deployment runs.

    On Kubernetes, operators create the secrets of PostgreSQL and RabbitMQ. External servers are
    those of LINKTIME_POSTGRES_DSN, LINKTIME_AMQP_URL and LINKTIME_RABBITMQ_MANAGEMENT_URL.
    """

    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    EXTERNAL = "external"


class ExternalServers(BaseSettings):
    """The administrators' addresses of servers that LinkTime does not run."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    postgres_dsn: PostgresDsn
    amqp_url: AmqpUrl
    rabbitmq_management_url: SecretStr


@dataclass(frozen=True)
class Servers:
    """The addresses with the administrators' logins; `postgres` is None if an operator has it."""

    postgres: str | None
    broker: str
    management: str


def write(target: DeployTarget, folder: Path) -> list[Path]:
    """Write `<reader>.env` for every reader, mode 0600; existing secrets are kept.

    The secrets themselves are stored in `folder/kept`. Returns the files written. Raises
    WrongSettings if the address of an external server is missing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for reader, environment in _environments(target, KeptSecrets(folder / "kept")).items():
        path = folder / f"{reader}.env"
        write_private(path, "".join(f"{name}={_text(environment[name])}\n" for name in environment))
        written.append(path)
    return written


def _environments(target: DeployTarget, keys: KeptSecrets) -> dict[str, Environment]:
    servers = _servers(target, keys)
    valkey = keys.password("valkey")
    readers: dict[str, Environment] = {
        service: _of_service(service, keys, servers) for service in SERVICES
    }
    readers["gateway"] = {
        **readers["gateway"],
        "GATEWAY_LIMIT_STORE_URL": f"valkey://:{valkey}@valkey:6379",
    }
    readers["valkey"] = {"VALKEY_PASSWORD": valkey}
    observer = _with_login(servers.management, OPERATOR, keys.password(f"rabbitmq-{OPERATOR}"))
    readers["operator"] = {
        "LINKTIME_OPERATOR_KEYS": issued_by(OPERATOR, keys),
        "LINKTIME_RABBITMQ_MANAGEMENT_URL": observer,
    }
    readers["prepare"] = _of_prepare(target, keys, servers)
    if target is DeployTarget.COMPOSE:
        readers["postgres"] = {"POSTGRES_PASSWORD": keys.password("postgres")}
        readers["rabbitmq"] = {
            "RABBITMQ_DEFAULT_USER": ADMINISTRATOR,
            "RABBITMQ_DEFAULT_PASS": keys.password("rabbitmq"),
        }
    # Last: some are made above.
    readers["operator"] = {**readers["operator"], "LINKTIME_SECRETS_MADE": keys.made()}
    return readers


def _servers(target: DeployTarget, keys: KeptSecrets) -> Servers:
    if target is DeployTarget.EXTERNAL:
        given = read(ExternalServers)
        return Servers(
            postgres=given.postgres_dsn.get_secret_value(),
            broker=given.amqp_url.get_secret_value(),
            management=given.rabbitmq_management_url.get_secret_value(),
        )
    if target is DeployTarget.KUBERNETES:
        return Servers(postgres=None, broker=BROKER, management=MANAGEMENT)
    postgres = f"postgresql://postgres:{keys.password('postgres')}@postgres:5432/postgres"
    broker = _with_login(BROKER, ADMINISTRATOR, keys.password("rabbitmq"))
    return Servers(postgres=postgres, broker=broker, management=MANAGEMENT)


def _of_prepare(target: DeployTarget, keys: KeptSecrets, servers: Servers) -> Environment:
    kinds = ("rabbitmq", "postgres") if servers.postgres else ("rabbitmq",)
    names = [f"{kind}-{service}" for kind in kinds for service in SERVICES]
    names.append(f"rabbitmq-{OPERATOR}")
    values: dict[str, object] = {
        "LINKTIME_PASSWORDS": {name: keys.password(name) for name in names}
    }
    if servers.postgres is not None:
        values["LINKTIME_POSTGRES_DSN"] = servers.postgres
        values["LINKTIME_AMQP_URL"] = servers.broker
    if target is DeployTarget.EXTERNAL:
        values["LINKTIME_RABBITMQ_MANAGEMENT_URL"] = servers.management
    return values


def _of_service(service: str, keys: KeptSecrets, servers: Servers) -> Environment:
    values: dict[str, object] = {
        "BROKER_URL": _with_login(servers.broker, service, keys.password(f"rabbitmq-{service}")),
        "IDENTITY_ISSUE": issued_by(service, keys),
        "IDENTITY_ACCEPT": accepted_by(service, keys),
    }
    if servers.postgres is not None:
        password = keys.password(f"postgres-{service}")
        values["POSTGRES_DSN"] = databases.dsn_of(servers.postgres, f"{STACK}_{service}", password)
    if service in SEALS:
        values["SEALING_KEYS"] = sealing_keys(service, keys)
    if service == "bookings":
        values["LINK_KEYS"] = link_keys(keys)
    return {f"{service.upper()}_{name}": value for name, value in values.items()}


def _with_login(address: str, user: str, password: str) -> str:
    # Passwords are base64url, so they need no quoting.
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}"))


def _text(value: object) -> str:
    # Without quotes and blanks: Compose and kustomize parse such a line alike.
    return value if isinstance(value, str) else orjson.dumps(value).decode()
