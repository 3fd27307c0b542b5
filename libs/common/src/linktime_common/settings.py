"""Settings come from the environment, are read once, and stop the start when they are wrong."""

import re
import sys
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from linktime_common.identity import Key

Port = Annotated[int, Field(ge=1, le=65535)]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda text: text.upper() if isinstance(text, str) else text),
]
Settings = TypeVar("Settings", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """What every service is told. A subclass sets `env_prefix`, such as `BOOKINGS_`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    postgres_dsn: SecretStr
    broker_url: SecretStr
    broker_prefix: str = "linktime"
    host: str = "127.0.0.1"
    port: Port
    internal_port: Port
    log_level: LogLevel = "INFO"
    # {"availability": "<key id>:<secret>"}: one key for each service this one calls.
    identity_issue: dict[str, SecretStr] = {}
    # {"gateway": ["<key id>:<secret>"], "operator": […]}: the callers this one believes.
    identity_accept: dict[str, list[SecretStr]] = {}

    def issuing_keys(self) -> dict[str, Key]:
        """The keys to sign with, by audience."""
        return {
            name: Key.parse(key.get_secret_value()) for name, key in self.identity_issue.items()
        }

    def accepted_keys(self) -> dict[str, list[Key]]:
        """The keys to verify with, by issuer."""
        return {
            name: [Key.parse(key.get_secret_value()) for key in keys]
            for name, keys in self.identity_accept.items()
        }


class InvalidSettings(Exception):
    """Variables are missing or wrong; the text has a line for each, with its name."""


def load(kind: type[Settings]) -> Settings:
    """Read the environment; raises InvalidSettings."""
    prefix = kind.model_config.get("env_prefix", "")
    try:
        return kind()
    except ValidationError as error:
        raise _invalid(prefix, _problems(error)) from error
    except SettingsError as error:
        # The library names the field in its sentence only.
        field = re.findall(r'field "(\w+)"', str(error))
        raise _invalid(prefix, dict.fromkeys(field, "Not valid JSON")) from error


def read(kind: type[Settings]) -> Settings:
    """Read the environment, or end the process naming each variable that is missing or wrong."""
    try:
        return load(kind)
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _problems(error: ValidationError) -> dict[str, str]:
    # Only names and reasons: an input may be a secret.
    return {
        "_".join(str(part) for part in problem["loc"]): problem["msg"].removeprefix("Value error, ")
        for problem in error.errors(include_input=False, include_url=False)
    }


def _invalid(prefix: str, problems: dict[str, str]) -> InvalidSettings:
    return InvalidSettings(
        "\n".join(f"{prefix}{name.upper()}: {reason}" for name, reason in problems.items())
    )
