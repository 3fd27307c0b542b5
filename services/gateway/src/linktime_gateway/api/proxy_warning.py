"""Warns once if a proxy names its clients in a way that does not count."""

from aiohttp import hdrs, web

from linktime_common import logs
from linktime_gateway.domain.client_address import ClientAddresses

NOT_TRUSTED = "X-Forwarded-For of a peer that is not trusted is ignored"
NOT_READ = "Forwarded of a trusted proxy is ignored, and it sends no X-Forwarded-For"
IF_NOT_TRUSTED = (
    "if this peer is your proxy, add its network to GATEWAY_TRUSTED_PROXIES: until then all of its "
    "clients share one address and its limits"
)
IF_NOT_READ = "make the proxy send X-Forwarded-For: until then all of its clients share one address"


class ProxyWarning:
    """Logs at most one line in the life of a process."""

    def __init__(self, clients: ClientAddresses) -> None:
        self._clients = clients
        self._is_due = True

    def look(self, request: web.BaseRequest) -> None:
        """Warn if this is the first request whose headers name a client in vain."""
        if not self._is_due:
            return
        names_client = hdrs.X_FORWARDED_FOR in request.headers
        if not names_client and hdrs.FORWARDED not in request.headers:
            return
        is_trusted = self._clients.trusts(request.remote)
        if is_trusted and names_client:
            return
        self._is_due = False
        logs.logger().warning(
            NOT_READ if is_trusted else NOT_TRUSTED,
            peer=request.remote,
            remedy=IF_NOT_READ if is_trusted else IF_NOT_TRUSTED,
        )
