"""What a service's process inherits of the environment that the stack was started in."""

import os
from collections.abc import Mapping

from linktime_operator.stack.errors import StackError

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


def for_service(
    service: str,
    fixed: Mapping[str, str],
    defaults: Mapping[str, str],
    overrides: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of a service's process.

    A person's own settings of the service (`BOOKINGS_LOG_LEVEL`) win over `defaults`; raises
    StackError when one of them is `fixed` by the stack. `overrides` win over all.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or name.startswith(f"{service.upper()}_")
    }
    for name in sorted(own.keys() & fixed.keys()):
        raise StackError(_refusal(service, name))
    return {**defaults, **own, **fixed, **overrides}


def _refusal(service: str, variable: str) -> str:
    name = variable.removeprefix(f"{service.upper()}_")
    instead = INSTEAD.get(name)
    if name == "PORT":
        instead = "LINKTIME_PORT" if service == "gateway" else f"LINKTIME_{variable}"
    advice = f"unset it, and set {instead} if you need to" if instead else "unset it"
    return f"{variable} cannot be set here, because `linktime run` chooses its value; {advice}."
