"""A name server on this machine, whose zone a test writes."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


@dataclass
class NameServer:
    """Knows `zone`: addresses by name. Silent about `dead` names, slow about `slow` ones."""

    address: str = ""
    zone: dict[str, list[str]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    slow: dict[str, float] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """What it knows; a name it does not know does not exist, and that may be remembered."""
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
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
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self._server.asked[name] += 1
        if name in self._server.dead:
            return
        wire = self._server.answer(query).to_wire()
        asyncio.get_running_loop().call_later(
            self._server.slow.get(name, 0), self._transport.sendto, wire, source
        )


@contextlib.asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """One that answers for the length of the block."""
    server = NameServer()
    transport, _protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Protocol(server), local_addr=("127.0.0.1", 0)
    )
    host, port = transport.get_extra_info("sockname")
    server.address = f"{host}:{port}"
    yield server
    transport.close()
