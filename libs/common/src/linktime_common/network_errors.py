"""Why a server was not reached, in words that contain no address and no password."""

import socket
import ssl
from collections.abc import Iterator


def network_reason(error: BaseException) -> str | None:
    """Return the reason that `error` or one of its causes has, or None."""
    for one in _causes(error):
        match one:
            case ConnectionRefusedError():
                return "connection refused"
            case socket.gaierror():
                return "unknown host name"
            case ssl.SSLError():
                return "TLS failed"
            case TimeoutError():
                return "no answer in time"
            case ConnectionResetError() | BrokenPipeError():
                return "connection closed"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        seen.append(one)
        yield one
        one = one.__cause__
