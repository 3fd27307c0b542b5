"""The LINKTIME_… environment of the stack and the operator's command."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, HttpUrl, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.setting_types import AmqpUrl, Port, PostgresDsn
from linktime_common.settings import with_fields
from linktime_operator.stack.services import INNER

DEFAULT_PORT = 8080
PUBLIC_URL_SHAPE = (
    "must be an address such as https://book.example.com, without user, query or fragment"
)
BARE_URL = re.compile(r"https?://[^\s\x00-\x20\x7f\\@?#]+", re.IGNORECASE)


def _public_url(text: str) -> str:
    try:
        url = TypeAdapter(HttpUrl).validate_python(text)
    except ValidationError as error:
        raise ValueError(PUBLIC_URL_SHAPE) from error
    # The library parses `http:host` and backslashes as browsers do, and drops control characters.
    if not BARE_URL.fullmatch(text) or url.username is not None:
        raise ValueError(PUBLIC_URL_SHAPE)
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
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    # Whether a private CalDAV server runs, for the demo host.
    calendar: bool = True
    port: Port | None = DEFAULT_PORT
    postgres_port: Port | None = None
    amqp_port: Port | None = None

    def port_of(self, name: str) -> int | None:
        """Return the wanted port of a service or server."""
        wanted: int | None = self.port if name == "gateway" else getattr(self, f"{name}_port", None)
        return wanted


class StateSettings(BaseSettings):
    """Where the stack keeps its files."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    state: Annotated[Path | None, AfterValidator(_folder)] = None
