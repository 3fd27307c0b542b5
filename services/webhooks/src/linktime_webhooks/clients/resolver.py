"""Names to addresses, asked without a thread: a dead name server holds nobody else up."""

import asyncio
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import aiodns
from aiohttp.abc import AbstractResolver, ResolveResult

from linktime_webhooks.domain.addresses import Network, check_address, check_name, is_address

LOOKUP_SECONDS = 3.0
# The library shortens the wait for a server that answered quickly before, and doubles it with each
# try: one try would give up on a slow answer. LOOKUP_SECONDS bounds them all.
TRIES = 4


class NameUnresolved(OSError):
    """The name has no address, or none came in time."""


class Resolver(AbstractResolver):
    """Answers only when every address of the name may be dialled; an async context manager.

    `server` (`127.0.0.1:5353`) is asked instead of the system's name servers.
    """

    def __init__(self, allowed: Sequence[Network], *, server: str | None = None) -> None:
        self.allowed = allowed
        self._dns = aiodns.DNSResolver(
            nameservers=[server] if server else None, timeout=LOOKUP_SECONDS, tries=TRIES
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def addresses(self, host: str) -> list[str]:
        """All addresses of a name or literal; raises AddressRefused or NameUnresolved."""
        if is_address(host):
            check_address(host, self.allowed)
            return [host]
        check_name(host)
        found = await self._look_up(host)
        for address in found:
            check_address(address, self.allowed)
        return found

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - always both
    ) -> list[ResolveResult]:
        """What the connector asks for: addresses of both families, which it tries in turn."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self.addresses(host)
        ]

    async def close(self) -> None:
        """Give the library's sockets back."""
        await self._dns.close()

    async def _look_up(self, host: str) -> list[str]:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                # Both families whatever this machine can reach: one bad answer refuses the name.
                found = await self._dns.getaddrinfo(
                    host, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM
                )
        except (aiodns.error.DNSError, TimeoutError, UnicodeError) as error:
            raise NameUnresolved(f"{host} does not resolve") from error
        return [node.addr[0].decode("ascii") for node in found.nodes]
