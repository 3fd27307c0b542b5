"""Through a forward proxy, for deployments whose requests must leave by one address.

The proxy is asked for an address that was resolved and checked here, never for a name: it would
resolve the name again, out of sight. TLS still proves the name.
"""

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.hdrs import HOST
from aiohttp.tracing import Trace

from linktime_webhooks.clients.connector import Connector, Marks
from linktime_webhooks.domain.reasons import FailureReason

# The proxy says so of what lies behind it (RFC 9110 section 15.6); anything else is its own fault.
BEHIND_THE_PROXY = {502: FailureReason.CONNECT, 504: FailureReason.TIMEOUT}


class ProxiedConnector(Connector):
    """Names the checked address in CONNECT's Host too, and the receiver's name to the receiver."""

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A tunnel to the address in the request's URL."""
        name = req.headers[HOST]
        req.headers[HOST] = req.url.raw_authority
        try:
            return await super().connect(req, traces, timeout)
        finally:
            req.headers[HOST] = name


def proxy_fault(error: BaseException, marks: Marks) -> str | None:
    """The reason, when `error` lies between us and the proxy or is what the proxy said."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return BEHIND_THE_PROXY.get(error.status, FailureReason.PROXY)
    is_on_the_way = marks.asked and not (marks.handshaking or marks.connected)
    return FailureReason.PROXY if is_on_the_way and isinstance(error, aiohttp.ClientError) else None
