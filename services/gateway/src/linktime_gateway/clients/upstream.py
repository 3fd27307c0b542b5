"""Forward requests to the services.

A connection may end during a request, for example when a service restarts. The request is sent
again if that is safe: it is a GET, or it has an Idempotency-Key. Other writes may have been
executed, so the response is 503.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from linktime_common import logs, tracing
from linktime_common.errors import OutcomeUnknown, Unavailable
from linktime_common.fair_turns import RequestTurns
from linktime_common.http.heads import head_of
from linktime_common.http.turns import AT_ONCE as SERVICES_AT_ONCE
from linktime_gateway.clients.connections import (
    BadAnswer,
    ConnectionEnded,
    Connections,
    UpstreamResponse,
)

# Twice as many as one process of a service works on, so that none waits for the next request.
# After an outage of the service these are all that its connections hold; the others wait here.
AT_ONCE = 2 * SERVICES_AT_ONCE
MOST_WAITING = 1024

IDEMPOTENCY_KEY = "Idempotency-Key"


class Upstream:
    """Client of the services' public ports. Use it as a context manager."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        """`urls` by service, for example `http://127.0.0.1:8101`."""
        self._services = {service: Connections(url) for service, url in urls.items()}
        self._turns = {service: RequestTurns(AT_ONCE, MOST_WAITING) for service in urls}

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

    def turn(
        self,
        service: str,
        method: str,
        parties: Iterable[str],
        *,
        seconds: float,
        caller_seconds: float,
    ) -> AbstractAsyncContextManager[None]:
        """Return a context that holds a turn at a service, as `RequestTurns.turn` does."""
        return self._turns[service].turn(
            method, parties, seconds=seconds, caller_seconds=caller_seconds
        )

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
        """Return the response of `service` to `raw_path` (path and query, sent unchanged).

        It is a step of the current trace, which the service continues.

        HEAD is not supported, because its responses have a length but no body; send a GET instead.
        `deadline` is in the event loop's seconds. Raises Unavailable when there is no response by
        then; a write may still have been executed.
        """
        connections = self._services[service]
        only_reads = method == "GET"
        with tracing.calling(method, service) as step:
            request = _serialize(
                f"{method} {connections.folder}{raw_path} HTTP/1.1",
                {
                    "Host": connections.host,
                    **headers,
                    "traceparent": logs.outgoing_traceparent(),
                },
                body if only_reads else body or b"",
            )
            may_repeat = only_reads or IDEMPOTENCY_KEY in headers
            try:
                try:
                    answer = await connections.exchange(request, deadline)
                except ConnectionEnded:
                    if not may_repeat:
                        raise
                    answer = await connections.exchange(request, deadline, fresh=True)
            except ConnectionEnded as error:
                raise OutcomeUnknown(f"{service} closed the connection") from error
            except (TimeoutError, BadAnswer, OSError) as error:
                raise Unavailable(f"{service} did not respond") from error
            step.receive(answer.status)
            return answer


def _serialize(first: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return the request as bytes; raises ValueError for a line break within a line."""
    lines = [first, *[f"{name}: {value}" for name, value in headers.items()]]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return head_of(lines) + (body or b"")
