"""The secrets of a deployment: created once, kept, and written as one environment file per reader.

Each file contains only what one container or pod needs. Names of servers are those of
docker-compose.yml and deploy/k8s: `postgres` and `rabbitmq`.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import orjson

from linktime_common.private_files import write_private
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

Environment = Mapping[str, object]


class DeployTarget(StrEnum):
    """Where the deployment runs. On Kubernetes, operators create the servers' own secrets."""

    COMPOSE = "compose"
    KUBERNETES = "kubernetes"


def write(target: DeployTarget, folder: Path) -> list[Path]:
    """Write `<reader>.env` for every reader, mode 0600; existing secrets are kept.

    The secrets themselves are stored in `folder/kept`. Returns the files written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for reader, environment in _environments(target, KeptSecrets(folder / "kept")).items():
        path = folder / f"{reader}.env"
        write_private(path, "".join(f"{name}={_text(environment[name])}\n" for name in environment))
        written.append(path)
    return written


def _environments(target: DeployTarget, keys: KeptSecrets) -> dict[str, Environment]:
    servers = ("rabbitmq", "postgres") if target is DeployTarget.COMPOSE else ("rabbitmq",)
    passwords = {
        f"{server}-{service}": keys.password(f"{server}-{service}")
        for server in servers
        for service in SERVICES
    }
    environments: dict[str, Environment] = {
        service: _of_service(service, keys, target) for service in SERVICES
    }
    environments["operator"] = {"LINKTIME_OPERATOR_KEYS": issued_by(OPERATOR, keys)}
    environments["prepare"] = {"LINKTIME_PASSWORDS": passwords}
    if target is DeployTarget.COMPOSE:
        postgres, rabbitmq = keys.password("postgres"), keys.password("rabbitmq")
        environments["postgres"] = {"POSTGRES_PASSWORD": postgres}
        environments["rabbitmq"] = {
            "RABBITMQ_DEFAULT_USER": ADMINISTRATOR,
            "RABBITMQ_DEFAULT_PASS": rabbitmq,
        }
        environments["prepare"] = {
            "LINKTIME_PASSWORDS": passwords,
            "LINKTIME_POSTGRES_DSN": f"postgresql://postgres:{postgres}@postgres:5432/postgres",
            "LINKTIME_AMQP_URL": f"amqp://{ADMINISTRATOR}:{rabbitmq}@rabbitmq:5672/",
        }
    return environments


def _of_service(service: str, keys: KeptSecrets, target: DeployTarget) -> Environment:
    values: dict[str, object] = {
        "BROKER_URL": f"amqp://{service}:{keys.password(f'rabbitmq-{service}')}@rabbitmq:5672/",
        "IDENTITY_ISSUE": issued_by(service, keys),
        "IDENTITY_ACCEPT": accepted_by(service, keys),
    }
    if target is DeployTarget.COMPOSE:
        name, password = f"{STACK}_{service}", keys.password(f"postgres-{service}")
        values["POSTGRES_DSN"] = f"postgresql://{name}:{password}@postgres:5432/{name}"
    if service in SEALS:
        values["SEALING_KEYS"] = sealing_keys(service, keys)
    if service == "bookings":
        values["LINK_KEYS"] = link_keys(keys)
    return {f"{service.upper()}_{name}": value for name, value in values.items()}


def _text(value: object) -> str:
    # Without quotes and blanks: Compose and kustomize parse such a line alike.
    return value if isinstance(value, str) else orjson.dumps(value).decode()
