"""Settings from the environment, read once at start; invalid ones stop the process.

LINKTIME_SECRETS names a folder with files of settings, such as a mounted secret: the name of each
file is that of a variable, and its content the value. A variable takes precedence.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from linktime_common.identity import Key
from linktime_common.setting_types import (
    OTLP_ENDPOINT,
    AmqpUrl,
    CollectorUrl,
    IdentityKey,
    ListenHost,
    LogLevelText,
    MaybeEmpty,
    Port,
    PostgresDsn,
)

LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    LogLevelText,
]
POOL_SIZE = 8
Settings = TypeVar("Settings", bound=BaseSettings)

SECRETS = "LINKTIME_SECRETS"
IN_WORDS = {
    "missing": "is missing",
    "dict_type": "must be a JSON object",
    "list_type": "must be a JSON array",
    "tuple_type": "must be a JSON array",
    "frozen_set_type": "must be a JSON array",
    "too_short": "must not be empty",
    "bool_parsing": "must be on or off, or true or false",
    "bool_type": "must be on or off, or true or false",
}
"""Replaces pydantic's sentences, by error type."""


class ServiceSettings(BaseSettings):
    """Settings of every service. A subclass sets `env_prefix`, such as `BOOKINGS_`.

    Those of OpenTelemetry have its own names, without the prefix; an empty one counts as absent.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    postgres_dsn: PostgresDsn
    # PostgreSQL itself, if `postgres_dsn` is that of a PgBouncer in transaction mode.
    postgres_direct_dsn: Annotated[PostgresDsn | None, MaybeEmpty] = None
    # The most connections of this process's pool; docs/running.md has those beside the pool.
    postgres_pool_size: Annotated[int, Field(ge=2, le=100)] = POOL_SIZE
    broker_url: AmqpUrl
    broker_prefix: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "linktime"
    host: ListenHost = "127.0.0.1"
    port: Port
    internal_port: Port
    log_level: LogLevel = "INFO"
    # Where spans are sent, as OTLP over HTTP; without it tracing is off.
    otlp_endpoint: Annotated[
        CollectorUrl | None,
        MaybeEmpty,
        Field(validation_alias=OTLP_ENDPOINT),
    ] = None
    # The share of new traces that is recorded.
    traces_share: Annotated[
        float,
        BeforeValidator(lambda given: 1.0 if given == "" else given),
        Field(ge=0, le=1, allow_inf_nan=False, validation_alias="OTEL_TRACES_SAMPLER_ARG"),
    ] = 1.0
    # One key for each service that this one calls.
    identity_issue: Annotated[
        dict[str, IdentityKey], Field(examples=[{"availability": "<key id>:<secret>"}])
    ] = {}
    # The accepted callers.
    identity_accept: Annotated[
        dict[str, list[IdentityKey]], Field(examples=[{"gateway": ["<key id>:<secret>"]}])
    ] = {}

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        # The two listeners could share a port, and each would get some of the other's requests.
        if self.port == self.internal_port:
            prefix = self.model_config.get("env_prefix", "")
            raise ValueError(f"{prefix}PORT and {prefix}INTERNAL_PORT must be different ports")
        return self

    def direct_dsn(self) -> str | None:
        """Return the address of PostgreSQL if `postgres_dsn` is that of a PgBouncer, else None."""
        direct = self.postgres_direct_dsn
        return None if direct is None else direct.get_secret_value()

    @property
    def collector_url(self) -> str | None:
        """Return the address of the collector of spans."""
        return None if self.otlp_endpoint is None else str(self.otlp_endpoint)

    def issuing_keys(self) -> dict[str, Key]:
        """Return the signing keys by audience."""
        return {
            name: Key.parse(key.get_secret_value()) for name, key in self.identity_issue.items()
        }

    def accepted_keys(self) -> dict[str, list[Key]]:
        """Return the verification keys by issuer."""
        return {
            name: [Key.parse(key.get_secret_value()) for key in keys]
            for name, keys in self.identity_accept.items()
        }


def with_fields(**fields: Any) -> Callable[[type[Settings]], type[Settings]]:
    """Add fields to the decorated class, each as `(type, default)`, whose names are in a table."""

    def extended(kind: type[Settings]) -> type[Settings]:
        return create_model(
            kind.__name__, __base__=kind, __module__=kind.__module__, __doc__=kind.__doc__, **fields
        )

    return extended


def variable_of(kind: type[BaseSettings], field: str) -> str:
    """Return the name of the variable of a field."""
    alias = kind.model_fields[field].validation_alias
    return _variable(kind.model_config.get("env_prefix", ""), str(alias or field))


class InvalidSettings(Exception):
    """Variables are missing or invalid; the text has a line for each, with its name."""


def load(kind: type[Settings]) -> Settings:
    """Read the environment and the folder of LINKTIME_SECRETS; raises InvalidSettings."""
    prefix = kind.model_config.get("env_prefix", "")
    folder = os.environ.get(SECRETS) or None
    if folder is not None and not Path(folder).is_dir():
        raise InvalidSettings(f"{SECRETS} must name a folder")
    try:
        return kind(_secrets_dir=folder)
    except ValidationError as error:
        raise _invalid(prefix, _problems(kind, error)) from error
    except SettingsError as error:
        # pydantic gives the field only in its message.
        fields = re.findall(r'field "(\w+)"', str(error))
        reasons = {field: f"is not valid JSON{_such_as(kind, field)}" for field in fields}
        raise _invalid(prefix, reasons) from error


def read(kind: type[Settings]) -> Settings:
    """Read the environment, or exit with each missing or invalid variable."""
    try:
        return load(kind)
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _such_as(kind: type[BaseSettings], name: str) -> str:
    """Return the form of the setting, for the end of a reason, if it has an example."""
    field = kind.model_fields.get(name)
    return f" such as {json.dumps(field.examples[0])}" if field and field.examples else ""


def _problems(kind: type[BaseSettings], error: ValidationError) -> dict[str, str]:
    # Only names and reasons: the input may be a secret.
    problems: dict[str, list[str]] = {}
    for problem in error.errors(include_input=False, include_url=False):
        name, *within = map(str, problem["loc"] or [""])
        reason = IN_WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        if not within and reason.startswith("must be a JSON"):
            reason += _such_as(kind, name)
        problems.setdefault(name, []).append(" ".join((*(f"{part}:" for part in within), reason)))
    return {name: "; ".join(reasons) for name, reasons in problems.items()}


def _invalid(prefix: str, problems: dict[str, str]) -> InvalidSettings:
    lines = [_line(_variable(prefix, name), reason) for name, reason in problems.items()]
    return InvalidSettings("\n".join(lines))


def _variable(prefix: str, name: str) -> str:
    # A name in capitals is that of a variable without the prefix.
    return name if not name or name.isupper() else f"{prefix}{name.upper()}"


def _line(variable: str, reason: str) -> str:
    if not variable:  # of several variables, which the reason names
        return reason
    # A reason such as "must be a port" completes the sentence; pydantic's are whole sentences.
    return f"{variable}{' ' if reason.startswith(('must ', 'is ')) else ': '}{reason}"
