"""The addresses of other services in a caller's settings."""

from linktime_operator.stack.services import INTERNAL_CALLS, PUBLIC_CALLS


def addresses(caller: str, prefix: str, host: str) -> dict[str, str]:
    """Return settings with addresses; `host` is a host name pattern, such as `{}-serve`."""
    public, internal = PUBLIC_CALLS.get(caller, ()), INTERNAL_CALLS.get(caller, ())
    return {
        **{f"{prefix}_{name.upper()}_URL": f"http://{host.format(name)}:8000" for name in public},
        **{
            f"{prefix}_{name.upper()}_INTERNAL_URL": f"http://{host.format(name)}:8001"
            for name in internal
        },
    }
