"""Resolves names without threads: an unresponsive name server does not block other lookups."""

import asyncio
import copy
import random
import socket
from collections.abc import Container, Sequence
from types import TracebackType
from typing import Self

from aiohttp.abc import AbstractResolver, ResolveResult
from dns.asyncresolver import Resolver as Questions
from dns.exception import DNSException, Timeout
from dns.resolver import NXDOMAIN, NoNameservers, NoResolverConfiguration

from linktime_common.egress.addresses import (
    Network,
    check_address,
    check_name,
    check_port,
)
from linktime_common.egress.reasons import FailureReason
from linktime_common.urls import is_address

LOOKUP_SECONDS = 3.0
ASK_AGAIN_SECONDS = 1.0  # a datagram may be lost
BOTH_SECONDS = 2.0  # then the addresses of one family are enough
MOST_DIALLED = 4  # addresses of each family
LOCALHOST = ("127.0.0.1", "::1")

Found = list[str] | DNSException  # the addresses of one family, or the reason of a failure


class NameUnresolved(OSError):
    """The name has no address, or none was received in time; `reason` is the code for the log."""

    def __init__(self, host: str, reason: FailureReason) -> None:
        super().__init__(f"{host} does not resolve: {reason}")
        self.reason = reason


class Resolver(AbstractResolver):
    """Returns addresses only if every one of the name is allowed; an async context manager.

    `server` (`127.0.0.1:5353`) is queried instead of the system's name servers; `forbidden_ports`
    are refused at addresses that are not public.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        forbidden_ports: Container[int] = (),
        server: str | None = None,
    ) -> None:
        self.allowed = allowed
        self.forbidden_ports = forbidden_ports
        self._turns = _in_turns(_questions(server))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def addresses(self, host: str, port: int | None = None) -> list[str]:
        """Return all addresses of a name or literal; raises AddressRefused or NameUnresolved.

        `port` is the one to connect to; None leaves it to the check at the socket.
        """
        if is_address(host):
            found = [host]
        else:
            check_name(host)
            found = await self._look_up(host)
        for address in found:
            check_address(address, self.allowed)
            if port is not None:
                check_port(address, port, self.forbidden_ports)
        return found

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - always both
    ) -> list[ResolveResult]:
        """Return addresses of both families to the connector, which tries them in turn.

        All are checked, but of a name with many only a random few are returned.
        """
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in _some(await self.addresses(host, port or None))
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""

    async def _look_up(self, host: str) -> list[str]:
        if host == "localhost" or host.endswith(".localhost"):
            return list(LOCALHOST)  # RFC 6761: never sent to a name server
        # Both families whatever this machine can reach: one refused address refuses the name.
        asking = [asyncio.create_task(self._ask(host, kind)) for kind in ("A", "AAAA")]
        try:
            done, waiting = await asyncio.wait(asking, timeout=BOTH_SECONDS)
            if waiting and not any(isinstance(one.result(), list) and one.result() for one in done):
                done, _waiting = await asyncio.wait(asking)
        finally:
            for one in asking:
                one.cancel()
        return _addresses(host, [one.result() for one in done])

    async def _ask(self, host: str, kind: str) -> Found:
        turns = [
            asyncio.create_task(self._ask_in_turn(turn, host, kind))
            for turn in range(len(self._turns))
        ]
        try:
            for ended in asyncio.as_completed(turns):
                found = await ended
                # A failure of one server is not final while another is being queried.
                if not isinstance(found, Timeout | NoNameservers):
                    break
        finally:
            for one in turns:
                one.cancel()
        return found

    async def _ask_in_turn(self, turn: int, host: str, kind: str) -> Found:
        """Keep waiting for this server while the next ones are queried: it may only be slow."""
        delay = turn * ASK_AGAIN_SECONDS
        await asyncio.sleep(delay)
        try:
            answer = await self._turns[turn].resolve(
                host, kind, raise_on_no_answer=False, lifetime=LOOKUP_SECONDS - delay
            )
        except DNSException as error:
            return error
        return [record.address for record in answer.rrset or ()]


def _some(found: list[str]) -> list[str]:
    """Return a few of each family, in random order."""
    families = (
        [address for address in found if (":" in address) == is_v6] for is_v6 in (False, True)
    )
    return [
        address
        for family in families
        for address in random.sample(family, min(MOST_DIALLED, len(family)))
    ]


def _addresses(host: str, found: list[Found]) -> list[str]:
    addresses = [one for family in found if isinstance(family, list) for one in family]
    if addresses:
        return addresses
    errors = [one for one in found if isinstance(one, DNSException)]
    if any(isinstance(error, NXDOMAIN) for error in errors):
        raise NameUnresolved(host, FailureReason.DNS_NO_SUCH_NAME)
    if any(isinstance(error, Timeout) for error in errors):
        raise NameUnresolved(host, FailureReason.DNS_TIMEOUT)
    reason = FailureReason.DNS_SERVER_FAILED if errors else FailureReason.DNS_NO_ADDRESS
    raise NameUnresolved(host, reason)


def _questions(server: str | None) -> Questions:
    """Create a channel per lookup: corrected names are found at once, and the caller caches."""
    try:
        questions = Questions(configure=server is None)
    except NoResolverConfiguration:
        questions = Questions(configure=False)
        questions.nameservers = ["127.0.0.1"]  # as the C library does
    if server is not None:
        address, _colon, port = server.rpartition(":")
        questions.nameservers, questions.port = [address.strip("[]")], int(port)
    questions.timeout = LOOKUP_SECONDS  # the next try starts with the next server
    return questions


def _in_turns(questions: Questions) -> list[Questions]:
    """Return one order of servers per try; each starts with another server."""
    turns = []
    for turn in range(round(LOOKUP_SECONDS / ASK_AGAIN_SECONDS)):
        one = copy.copy(questions)
        begin = turn % len(questions.nameservers)
        one.nameservers = [*questions.nameservers[begin:], *questions.nameservers[:begin]]
        turns.append(one)
    return turns
