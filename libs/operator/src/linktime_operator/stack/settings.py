"""The LINKTIME_… environment of the stack and the operator's command."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, HttpUrl, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.setting_types import AmqpUrl, Port, PostgresDsn, PublicUrl
from linktime_common.settings import with_fields
from linktime_operator.stack.services import INNER

DEFAULT_PORT = 8080
MOST_REPLICAS = 8


def _without_slash(url: HttpUrl) -> str:
    return str(url).rstrip("/")


def _folder(path: Path | None) -> Path | None:
    if path == Path():
        raise ValueError("must be the name of a folder")
    return path


@with_fields(**{f"{service}_port": (Port | None, None) for service in INNER})
class StackSettings(BaseSettings):
    """Settings of the stack. A port of None is any free one, kept for the next run."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    # Servers to use instead of private ones. The PostgreSQL user may create databases.
    postgres_dsn: PostgresDsn | None = None
    amqp_url: AmqpUrl | None = None
    # The gateway's public address, if it is not http://127.0.0.1:<port>.
    public_url: Annotated[PublicUrl, AfterValidator(_without_slash)] | None = None
    # Whether a private CalDAV server runs, for the demo host.
    calendar: bool = True
    # Processes of each service. Several gateways share their limits in a private Valkey or Redis.
    replicas: Annotated[int, Field(ge=1, le=MOST_REPLICAS)] = 1
    port: Port | None = DEFAULT_PORT
    postgres_port: Port | None = None
    amqp_port: Port | None = None

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        names = defaultdict(list)
        for name in type(self).model_fields:
            if (name == "port" or name.endswith("_port")) and (port := getattr(self, name)):
                names[port].append(f"LINKTIME_{name.upper()}")
        for port, same in names.items():
            if len(same) > 1:
                raise ValueError(f"{' and '.join(same)} must be different ports, not {port}")
        return self

    def port_of(self, name: str) -> int | None:
        """Return the wanted port of a service or server."""
        wanted: int | None = self.port if name == "gateway" else getattr(self, f"{name}_port", None)
        return wanted


class StateSettings(BaseSettings):
    """Where the stack keeps its files."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    state: Annotated[Path | None, AfterValidator(_folder)] = None
