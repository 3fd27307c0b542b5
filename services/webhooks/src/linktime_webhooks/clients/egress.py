"""Through a forward proxy, for deployments whose requests must leave by one address.

The proxy is asked for an address that was resolved and checked here, never for a name: it would
resolve the name again, out of sight. TLS still proves the name.
"""

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.hdrs import HOST
from aiohttp.tracing import Trace

from linktime_webhooks.clients.connector import Connector

# The proxy says so of what lies behind it (RFC 9110 section 15.6); anything else is its own fault.
BEHIND_THE_PROXY = {502: "connect", 504: "timeout"}


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


def proxy_fault(error: BaseException, *, handshaking: bool) -> str | None:
    """The reason, when `error` lies between us and the proxy or is what the proxy said."""
    match error:
        case aiohttp.ClientHttpProxyError():
            return BEHIND_THE_PROXY.get(error.status, "proxy")
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientConnectorDNSError():
            return "proxy"
        case aiohttp.ConnectionTimeoutError() if not handshaking:
            return "proxy"
    return None
