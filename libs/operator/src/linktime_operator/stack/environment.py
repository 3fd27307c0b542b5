"""The environment that the stack passes on to the services' processes."""

import os
from collections.abc import Collection, Iterable, Mapping

from linktime_operator.errors import WrongSettings
from linktime_operator.stack import connections
from linktime_operator.stack.services import SERVICES

# Only these are passed on: a shell's environment contains secrets that services do not need.
INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "LINKTIME_FAULT_FILE",
)

# The stack-wide settings in place of those that the stack sets for each service.
INSTEAD = {
    "POSTGRES_DSN": "LINKTIME_POSTGRES_DSN",
    "BROKER_URL": "LINKTIME_AMQP_URL",
    "PUBLIC_URL": "LINKTIME_PUBLIC_URL",
}


def refuse_fixed(fixed: Mapping[str, Collection[str]]) -> None:
    """Raise WrongSettings if the environment has settings that the stack sets.

    `fixed` by service.
    """
    for service, names in fixed.items():
        for name in sorted(names):
            variable = f"{service.upper()}_{name}"
            if variable in os.environ:
                raise WrongSettings(_refusal(service, variable))


def for_service(
    service: str,
    fixed: Mapping[str, str],
    defaults: Mapping[str, str],
    overrides: Mapping[str, str],
) -> dict[str, str]:
    """Return the environment of a service's process.

    The user's settings of the service (`BOOKINGS_LOG_LEVEL`) override `defaults`, `fixed` overrides
    both, and `overrides` overrides all.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or _is_setting_of(service, name)
    }
    return {**defaults, **own, **fixed, **overrides}


def most_connections(overrides: Mapping[str, Mapping[str, str]], replicas: int) -> int:
    """Return `max_connections` of a private PostgreSQL; `overrides` is by service."""
    sizes = {}
    for service in SERVICES:
        variable = f"{service.upper()}_POSTGRES_POOL_SIZE"
        text = {**os.environ, **overrides.get(service, {})}.get(variable, "")
        if text.isdecimal():  # the check of the settings refuses others
            sizes[service] = int(text)
    return connections.on_one_machine(replicas, sizes)


def has_settings(service: str, names: Iterable[str]) -> bool:
    """Whether any of these environment variables is a setting of the service."""
    return any(_is_setting_of(service, name) for name in names)


def _is_setting_of(service: str, name: str) -> bool:
    # Those of OpenTelemetry are the same for all services.
    return name.startswith((f"{service.upper()}_", "OTEL_"))


def _refusal(service: str, variable: str) -> str:
    name = variable.removeprefix(f"{service.upper()}_")
    instead = INSTEAD.get(name)
    if name == "PORT":
        instead = "LINKTIME_PORT" if service == "gateway" else f"LINKTIME_{variable}"
    advice = f"unset it, and set {instead} if you need to" if instead else "unset it"
    return f"{variable} cannot be set here, because `linktime run` chooses its value; {advice}."
