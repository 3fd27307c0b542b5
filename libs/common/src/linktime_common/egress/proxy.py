"""Requests through a forward proxy, for deployments whose requests must leave by one address.

CONNECT names an address that was resolved and checked here, never a name: the proxy would resolve
the name again, unchecked. TLS still verifies the name.
"""

import time
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.hdrs import HOST
from aiohttp.tracing import Trace

from linktime_common.egress.connector import MARKS, GuardedConnector, Marks
from linktime_common.egress.reasons import FailureReason

# The proxy's statuses for faults behind it (RFC 9110 section 15.6); others are its own faults.
BEHIND_THE_PROXY = {502: FailureReason.CONNECT, 504: FailureReason.TIMEOUT}


class ProxyAnswers:
    """When the proxy last answered a CONNECT, by the performance counter.

    A proxy that answers other CONNECTs but not this one is waiting for this receiver.
    """

    def __init__(self) -> None:
        self.last = float("-inf")

    def note(self, at: float) -> None:
        self.last = max(self.last, at)


class ProxiedConnector(GuardedConnector):
    """Names the checked address in the Host of CONNECT, and the receiver's name to the receiver."""

    def __init__(self, *arguments: Any, answers: ProxyAnswers, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._answers = answers

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Open a tunnel to the address in the request's URL."""
        name = req.headers[HOST]
        req.headers[HOST] = req.url.raw_authority
        try:
            return await super().connect(req, traces, timeout)
        except aiohttp.ClientHttpProxyError:
            self._answers.note(time.perf_counter())
            raise
        finally:
            req.headers[HOST] = name
            if (handshaking := MARKS.get().handshaking) is not None:
                self._answers.note(handshaking)


def proxy_fault(error: BaseException, marks: Marks, answers: ProxyAnswers) -> FailureReason | None:
    """Return the reason if `error` lies between us and the proxy or is the proxy's response."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return BEHIND_THE_PROXY.get(error.status, FailureReason.PROXY)
    if marks.asked is None or marks.handshaking or marks.connected:
        return None
    is_silent = isinstance(error, TimeoutError) and answers.last < marks.asked
    return FailureReason.PROXY if is_silent or isinstance(error, aiohttp.ClientError) else None
