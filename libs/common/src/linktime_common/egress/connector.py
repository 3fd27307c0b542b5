"""Connections that only reach allowed addresses, are timed, and are kept up to a limit."""

import asyncio
import resource
import socket
import ssl
import time
from collections.abc import Callable, Container, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from linktime_common.egress.addresses import (
    AddressRefused,
    Network,
    check_address,
    check_port,
)
from linktime_common.http.kept_connections import KeptConnector, KeptProtocol

KEEPALIVE_SECONDS = 75
MOST_KEPT = 1_000


@dataclass(slots=True)
class Marks:
    """Times of one exchange, by the performance counter; None for steps that did not happen.

    A connection taken from the pool has no `dialled`. `limit` ends the opening of a connection; it
    has no time before the first address is dialled.
    """

    asked: float | None = None
    dialled: float | None = None
    handshaking: float | None = None
    connected: float | None = None
    address: str | None = None
    blocked: bool = False
    limit: asyncio.Timeout | None = None
    protocol: ResponseHandler | None = None

    @property
    def was_reused(self) -> bool:
        """Return whether the exchange used a connection that had been open before."""
        return self.connected is not None and self.dialled is None

    @property
    def was_reset(self) -> bool:
        """Return whether the connection has ended by an error."""
        return isinstance(self.protocol, KeptProtocol) and self.protocol.was_reset


# aiohttp calls resolver, socket factory and TLS from separate tasks; these inherit the context of
# the exchange that opens the connection.
MARKS: ContextVar[Marks] = ContextVar("marks")


class CountedSocket(socket.socket):
    """A socket that counts how many of its kind are open."""

    open_now = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._is_counted = True
        CountedSocket.open_now += 1

    def close(self) -> None:
        """Close the socket; the standard loop calls this."""
        self._count_out()
        super().close()

    def detach(self) -> int:
        """Detach the descriptor; uvloop calls this and closes the descriptor."""
        self._count_out()
        return super().detach()

    def _count_out(self) -> None:
        if self._is_counted:
            self._is_counted = False
            CountedSocket.open_now -= 1


class CertificateWanted(ssl.SSLError):
    """The receiver ended the handshake because it requires a client certificate."""


class TimedTls(ssl.SSLObject):
    """Marks when the handshake begins, and in which part of it the receiver fails."""

    def do_handshake(self) -> None:
        marks = MARKS.get(None)
        if marks is not None and marks.handshaking is None:
            marks.handshaking = time.perf_counter()
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            # TLS 1.2 has one alert for "no cipher in common" and for "no client certificate". Once
            # a cipher is chosen, it can only be the latter.
            if "ALERT_HANDSHAKE_FAILURE" in (error.reason or "") and self.cipher() is not None:
                raise CertificateWanted(*error.args) from None
            raise


class GuardedConnector(KeptConnector):
    """Marks each exchange, and keeps no idle connection while MOST_KEPT are open.

    Connections in use are not limited here: its user does that.
    """

    def __init__(
        self,
        resolver: AbstractResolver,
        *,
        socket_factory: Callable[[tuple[Any, ...]], socket.socket],
        tls: ssl.SSLContext,
        keep: bool,
        protocol: type[KeptProtocol] = KeptProtocol,
    ) -> None:
        super().__init__(
            protocol=protocol,
            resolver=resolver,
            socket_factory=socket_factory,
            ssl=tls,
            limit=0,
            **({"keepalive_timeout": KEEPALIVE_SECONDS} if keep else {"force_close": True}),
        )
        # Half of the process's limit of open files, where that is less.
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most_kept = min(MOST_KEPT, soft // 2)

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a kept connection or a new one, marked."""
        marks = MARKS.get()
        marks.asked, marks.connected = time.perf_counter(), None
        async with asyncio.timeout(None) as marks.limit:
            connection = await super().connect(req, traces, timeout)
        marks.connected = time.perf_counter()
        marks.protocol = connection.protocol
        transport = connection.transport
        if transport is not None and (peer := transport.get_extra_info("peername")):
            marks.address = peer[0]
        if CountedSocket.open_now > self._most_kept and connection.protocol is not None:
            connection.protocol.force_close()
        return connection


def guarded(
    allowed: Sequence[Network], forbidden_ports: Container[int], *, seconds: float
) -> Callable[[tuple[Any, ...]], socket.socket]:
    """Return a socket factory for allowed addresses only: the last check, for any spelling.

    All addresses of a name have `seconds` together, TLS included.
    """

    def make(info: tuple[Any, ...]) -> socket.socket:
        address, port = info[4][:2]
        marks = MARKS.get()
        try:
            check_address(address, allowed)
            check_port(address, port, forbidden_ports)
        except AddressRefused:
            marks.blocked = True
            raise
        marks.address = address
        if marks.dialled is None and marks.limit is not None:
            marks.limit.reschedule(asyncio.get_running_loop().time() + seconds)
        return dialled(info)

    return make


def dialled(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket for any address, marked and counted."""
    family, kind, protocol, _name, _address = info
    marks = MARKS.get()
    if marks.dialled is None:
        marks.dialled = time.perf_counter()
    return CountedSocket(family, kind, protocol)


@cache
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those in `ca_file`.

    The clients of a process share it: reading the authorities takes 25 ms.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.set_alpn_protocols(["http/1.1"])
    context.sslobject_class = TimedTls
    return context
