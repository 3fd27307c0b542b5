"""Passes requests on to the services.

What a caller gives and gets is plain values, so that what is inside can be replaced.

A connection may end while a request is on it, as when a service restarts. Such a request is sent
once more if that cannot do harm: it only reads, or it carries an Idempotency-Key, by which the
service knows it again. Any other write may have happened, and the honest answer is 503.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from linktime_common.errors import OutcomeUnknown, Unavailable
from linktime_common.http.heads import head_of
from linktime_gateway.clients.connections import (
    BadAnswer,
    ConnectionEnded,
    Connections,
    UpstreamResponse,
)

IDEMPOTENCY_KEY = "Idempotency-Key"


class Upstream:
    """The services' public ports. Use it as a context manager."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        """`urls` by service, such as `http://127.0.0.1:8101`."""
        self._services = {service: Connections(url) for service, url in urls.items()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for connections in self._services.values():
            connections.close()

    async def send(
        self,
        service: str,
        method: str,
        raw_path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: float,
    ) -> UpstreamResponse:
        """What `service` answers to `raw_path` (path and query, sent as they are).

        Not for HEAD, whose answers have a length but no body: what a HEAD asks is asked by GET.
        `deadline` is in the event loop's seconds. Raises Unavailable when there is no answer by
        then; a write may have happened all the same.
        """
        connections = self._services[service]
        only_reads = method == "GET"
        request = _written(
            f"{method} {connections.folder}{raw_path} HTTP/1.1",
            {"Host": connections.host, **headers},
            body if only_reads else body or b"",
        )
        may_repeat = only_reads or IDEMPOTENCY_KEY in headers
        try:
            try:
                return await connections.exchange(request, deadline)
            except ConnectionEnded:
                if not may_repeat:
                    raise
                return await connections.exchange(request, deadline, anew=True)
        except ConnectionEnded as error:
            raise OutcomeUnknown(f"{service} ended the connection") from error
        except (TimeoutError, BadAnswer, OSError) as error:
            raise Unavailable(f"{service} gave no answer") from error


def _written(first: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """A request as it goes over the wire; raises ValueError for a line break within a line."""
    lines = [first, *[f"{name}: {value}" for name, value in headers.items()]]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return head_of(lines) + (body or b"")
