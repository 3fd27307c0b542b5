"""The LINKTIME_… environment of the stack and the operator's command."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from linktime_common.settings import Port

DEFAULT_PORT = 8080


class StackSettings(BaseSettings):
    """How to run the stack. A port of None is any free one, kept for the next run."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    # Servers to use instead of private ones. The first one's user may create databases.
    postgres_dsn: SecretStr | None = None
    amqp_url: SecretStr | None = None
    # What outsiders call the gateway, when it is not http://127.0.0.1:<port>.
    public_url: str | None = Field(default=None, pattern=r"^https?://")
    port: Port | None = DEFAULT_PORT
    postgres_port: Port | None = None
    amqp_port: Port | None = None
    availability_port: Port | None = None
    bookings_port: Port | None = None
    contacts_port: Port | None = None
    scim_port: Port | None = None
    webhooks_port: Port | None = None

    def port_of(self, name: str) -> int | None:
        """The wanted port of a service or server."""
        wanted: int | None = self.port if name == "gateway" else getattr(self, f"{name}_port", None)
        return wanted


class StateSettings(BaseSettings):
    """Where the stack keeps its files."""

    model_config = SettingsConfigDict(env_prefix="LINKTIME_", frozen=True, extra="ignore")

    state: Path | None = None
