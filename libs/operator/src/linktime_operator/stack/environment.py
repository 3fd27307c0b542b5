"""What a service's process inherits of the environment that the stack was started in."""

import os
from collections.abc import Mapping

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


def for_service(
    service: str, told: Mapping[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of a service's process.

    A person's own settings of the service (`BOOKINGS_LOG_LEVEL`) pass, but not over what the
    stack itself knows better; `overrides` win over all.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if name in INHERITED or name.startswith(f"{service.upper()}_")
    }
    return {**own, **told, **overrides}
