"""What a service's process inherits of the environment that the stack was started in."""

import os
from collections.abc import Collection, Mapping

from linktime_operator.errors import StackError

# A shell is full of secrets that are no business of a service: only these pass.
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

# How to set for the whole stack what it sets for each service itself.
INSTEAD = {
    "POSTGRES_DSN": "LINKTIME_POSTGRES_DSN",
    "BROKER_URL": "LINKTIME_AMQP_URL",
    "PUBLIC_URL": "LINKTIME_PUBLIC_URL",
}


def refuse_fixed(fixed: Mapping[str, Collection[str]]) -> None:
    """Raises StackError when a person sets what the stack decides; `fixed` by service."""
    for service, names in fixed.items():
        for name in sorted(names):
            variable = f"{service.upper()}_{name}"
            if variable in os.environ:
                raise StackError(_refusal(service, variable))


def for_service(
    service: str,
    fixed: Mapping[str, str],
    defaults: Mapping[str, str],
    overrides: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of a service's process.

    A person's own settings of the service (`BOOKINGS_LOG_LEVEL`) win over `defaults`, what is
    `fixed` by the stack over both, and `overrides` over all.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or _is_setting_of(service, name)
    }
    return {**defaults, **own, **fixed, **overrides}


def has_own_settings(service: str) -> bool:
    """Whether a person sets anything for the service."""
    return any(_is_setting_of(service, name) for name in os.environ)


def _is_setting_of(service: str, name: str) -> bool:
    return name.startswith(f"{service.upper()}_")


def _refusal(service: str, variable: str) -> str:
    name = variable.removeprefix(f"{service.upper()}_")
    instead = INSTEAD.get(name)
    if name == "PORT":
        instead = "LINKTIME_PORT" if service == "gateway" else f"LINKTIME_{variable}"
    advice = f"unset it, and set {instead} if you need to" if instead else "unset it"
    return f"{variable} cannot be set here, because `linktime run` chooses its value; {advice}."
