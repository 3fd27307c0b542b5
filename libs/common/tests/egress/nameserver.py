"""A name server on this machine, with a zone set by the test."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


@dataclass
class NameServer:
    """Serves `zone`: addresses by name. Drops queries for `dead` names, delays `slow` ones.

    It drops the first `lost` queries of a name and type, fails for `failing` names, and responds
    for `long` ones only over TCP.
    """

    address: str = ""
    zone: dict[str, list[str]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    slow: dict[str, float] = field(default_factory=dict)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    failing: set[str] = field(default_factory=set)
    long: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    asked_over_tcp: Counter[str] = field(default_factory=Counter)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """Return the response; an unknown name does not exist, which may be cached."""
        question = query.question[0]
        name = _name(query)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        addresses = self.zone.get(name)
        if addresses is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            soa = "ns.test. root.test. 1 3600 3600 3600 3600"
            response.authority.append(dns.rrset.from_text("test.", 3600, "IN", "SOA", soa))
            return response
        wanted = question.rdtype == dns.rdatatype.AAAA
        found = [address for address in addresses if (":" in address) == wanted]
        if found and question.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}:
            kind = dns.rdatatype.to_text(question.rdtype)
            response.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *found))
        return response


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        server, query = self._server, dns.message.from_wire(data)
        name = _name(query)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        server.asked[name] += 1
        if name in server.dead:
            return
        if server.lost[name, kind]:
            server.lost[name, kind] -= 1
            return
        answer = server.answer(query)
        if name in server.long:
            answer.answer.clear()
            answer.flags |= dns.flags.TC
        wire = answer.to_wire()
        asyncio.get_running_loop().call_later(
            server.slow.get(name, 0), self._transport.sendto, wire, source
        )


def _name(query: dns.message.Message) -> str:
    return query.question[0].name.to_text(omit_final_dot=True).lower()


async def _serve_over_tcp(
    server: NameServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    length = int.from_bytes(await reader.readexactly(2))
    query = dns.message.from_wire(await reader.readexactly(length))
    server.asked_over_tcp[_name(query)] += 1
    wire = server.answer(query).to_wire()
    writer.write(len(wire).to_bytes(2) + wire)
    await writer.drain()
    writer.close()


async def _listen(server: NameServer) -> tuple[asyncio.Server, asyncio.DatagramTransport]:
    """Listen on one port for both; TCP's free port may be in use for UDP."""
    loop = asyncio.get_running_loop()
    while True:
        tcp = await asyncio.start_server(partial(_serve_over_tcp, server), "127.0.0.1", 0)
        try:
            udp, _protocol = await loop.create_datagram_endpoint(
                lambda: _Protocol(server), local_addr=tcp.sockets[0].getsockname()
            )
        except OSError:
            tcp.close()
        else:
            return tcp, udp


@contextlib.asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """Run a name server during the block."""
    server = NameServer()
    tcp, udp = await _listen(server)
    host, port = udp.get_extra_info("sockname")
    server.address = f"{host}:{port}"
    try:
        yield server
    finally:
        tcp.close()
        udp.close()
