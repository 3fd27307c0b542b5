"""Names to addresses, asked without a thread: a dead name server holds nobody else up."""

import asyncio
import socket
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver, ResolveResult
from dns.asyncresolver import Resolver as Questions
from dns.resolver import NoResolverConfiguration

from linktime_webhooks.domain.addresses import (
    Network,
    check_address,
    check_name,
    check_port,
    is_address,
)

LOOKUP_SECONDS = 3.0
LOCALHOST = ("127.0.0.1", "::1")


class NameUnresolved(OSError):
    """The name has no address, or none came in time."""


class Resolver(AbstractResolver):
    """Answers only when every address of the name may be dialled; an async context manager.

    `server` (`127.0.0.1:5353`) is asked instead of the system's name servers; `forbidden_ports`
    are refused at addresses that are not public.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        forbidden_ports: Collection[int] = (),
        server: str | None = None,
    ) -> None:
        self.allowed = allowed
        self.forbidden_ports = forbidden_ports
        self._questions = _questions(server)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def addresses(self, host: str, port: int = 0) -> list[str]:
        """All addresses of a name or literal; raises AddressRefused or NameUnresolved.

        `port` is the one to be dialled; 0 leaves it to the check at the socket.
        """
        if is_address(host):
            found = [host]
        else:
            check_name(host)
            found = await self._look_up(host)
        for address in found:
            check_address(address, self.allowed)
            check_port(address, port, self.forbidden_ports)
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
            for address in await self.addresses(host, port)
        ]

    async def close(self) -> None:
        """There is nothing to give back."""

    async def _look_up(self, host: str) -> list[str]:
        if host == "localhost" or host.endswith(".localhost"):
            return list(LOCALHOST)  # RFC 6761: never asked of anybody
        # Both families whatever this machine can reach: one bad answer refuses the name.
        answers = await asyncio.gather(
            self._questions.resolve(host, "A", raise_on_no_answer=False),
            self._questions.resolve(host, "AAAA", raise_on_no_answer=False),
            return_exceptions=True,
        )
        found = [
            record.address
            for answer in answers
            if not isinstance(answer, BaseException)
            for record in answer.rrset or ()
        ]
        if not found:
            raise NameUnresolved(f"{host} does not resolve") from _first_error(answers)
        return found


def _questions(server: str | None) -> Questions:
    """Asks for each name anew: a name put right is found at once, and the caller remembers."""
    try:
        questions = Questions(configure=server is None)
    except NoResolverConfiguration:
        questions = Questions(configure=False)
        questions.nameservers = ["127.0.0.1"]  # as the C library does
    if server is not None:
        address, _colon, port = server.rpartition(":")
        questions.nameservers, questions.port = [address.strip("[]")], int(port)
    # Every server is asked once within the time, so that the first being dead is not the end.
    questions.lifetime = LOOKUP_SECONDS
    questions.timeout = LOOKUP_SECONDS / len(questions.nameservers)
    return questions


def _first_error(answers: Sequence[object]) -> BaseException | None:
    return next((answer for answer in answers if isinstance(answer, BaseException)), None)
