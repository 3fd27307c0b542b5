"""One request and its response, on a connection that aiohttp's connector opened.

Connector and TLS are aiohttp's. Its ClientSession is not used: cookies, redirects, middlewares and
a task for each body took more than half of the processor time of a delivery. Nor is its parser: it
does not return the status of a malformed response.
"""

import asyncio
import fcntl
import sys
import termios
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import aiohttp
from aiohttp import hdrs
from aiohttp.client_reqrep import ClientRequest, ConnectionKey
from aiohttp.connector import Connection
from yarl import URL

from linktime_common.http.heads import head_of
from linktime_common.http.kept_connections import KeptProtocol
from linktime_common.http.reading import Reading, StaleAnswer

ADDED_BY_AIOHTTP = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.USER_AGENT)


class SubscriberProtocol(KeptProtocol):
    """One connection to a receiver; aiohttp handles CONNECT to a proxy."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._reading: Reading | None = None

    def send(self, head: bytes, body: bytes) -> Reading:
        """Write a request; bytes received from now on are its response."""
        if self.transport is None:
            raise aiohttp.ServerDisconnectedError
        self._reading = reading = Reading(self._loop, is_reused=self.was_used)
        self.transport.writelines((head, body))
        self._drain_tail()  # A new connection may have received bytes already.
        return reading

    def rest(self) -> None:
        """Mark the request as over."""
        super().rest()
        self._reading = None

    def data_received(self, data: bytes) -> None:
        """Handle bytes of a response, of a proxy's response, or unsolicited ones."""
        reading = self._reading
        if reading is None:
            super().data_received(data)
        elif self.was_used and not reading.has_begun and self._has_unconfirmed():
            reading.fail(StaleAnswer())
        else:
            reading.feed(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End the response, if one is being read."""
        if self._reading is not None:
            self._reading.lose(cast("Exception | None", exc))
        super().connection_lost(exc)

    @property
    def has_unsent(self) -> bool:
        """Return whether a part of the request is unsent: the next one would wait behind it."""
        return self.transport is not None and self.transport.get_write_buffer_size() > 0

    def _has_unconfirmed(self) -> bool:
        # The packet with the response also confirms what the receiver's system had of the request
        # by then. If that is not all, the response was sent before the request arrived.
        if self.transport is None or self.has_unsent:
            return True
        number, count = self.transport.get_extra_info("socket").fileno(), bytearray(4)
        try:
            fcntl.ioctl(number, termios.TIOCOUTQ, count)
        except OSError:  # not reported by this system
            return False
        return int.from_bytes(count, sys.byteorder) > 0


class OwnersRequest(ClientRequest):
    """A request whose connection is reused only by requests of the same owner.

    A late stale answer on a reused connection can be taken for the answer to its next request: it
    must not be another owner's.
    """

    def __init__(self, owner_id: UUID, url: URL, **through: Any) -> None:
        self._owner = hash(owner_id)
        # A GET, since aiohttp adds a length to any other method; `ask` writes the actual request.
        super().__init__(hdrs.METH_GET, url, skip_auto_headers=ADDED_BY_AIOHTTP, **through)

    @property
    def connection_key(self) -> ConnectionKey:
        """The key of the pool; no other value of its hash of a proxy's headers is needed."""
        return super().connection_key._replace(proxy_headers_hash=self._owner)


def destination(owner_id: UUID, url: URL, **through: Any) -> ClientRequest:
    """Return a request for the connector: the destination, and `through` which proxy.

    Without a proxy it may be shared by any number of requests of the owner, also concurrent ones.
    """
    return OwnersRequest(owner_id, url, **through)


def ask(
    connection: Connection,
    to: ClientRequest,
    headers: Mapping[str, str],
    body: bytes,
    *,
    keep: bool,
) -> Reading:
    """Send a POST and read the response; raises ValueError for a line break within a header."""
    protocol = connection.protocol
    if not isinstance(protocol, SubscriberProtocol):
        raise aiohttp.ServerDisconnectedError
    return protocol.send(_head(to, headers, len(body), keep=keep), body)


def give_back(connection: Connection, reading: Reading) -> None:
    """Return the connection to the pool if it can be used again."""
    protocol = connection.protocol
    if reading.may_keep and isinstance(protocol, SubscriberProtocol) and not protocol.has_unsent:
        connection.release()
    else:
        connection.close()


def _head(to: ClientRequest, headers: Mapping[str, str], length: int, *, keep: bool) -> bytes:
    # A proxy without a tunnel needs the absolute URL (RFC 9112 section 3.2.2).
    is_for_proxy = to.proxy is not None and not to.is_ssl()
    lines = [
        f"POST {to.url if is_for_proxy else to.url.raw_path_qs} HTTP/1.1",
        *[f"{name}: {value}" for name, value in to.headers.items()],
        *[f"{name}: {value}" for name, value in headers.items()],
        f"Content-Length: {length}",
    ]
    if not keep:
        lines.append("Connection: close")
    return head_of(lines)
