"""How requests leave: directly to allowed addresses, or through the egress proxy."""

from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from linktime_common.egress.connector import (
    GuardedConnector,
    Marks,
    dialled,
    guarded,
    tls_context,
)
from linktime_common.egress.failures import reason_of
from linktime_common.egress.proxy import ProxiedConnector, ProxyAnswers, proxy_fault
from linktime_common.egress.reasons import FailureReason
from linktime_common.egress.resolver import Resolver
from linktime_common.http.kept_connections import KeptProtocol


@dataclass(frozen=True)
class ProxiedDestination:
    """What the proxy is asked for: a checked address, with the names that receiver and TLS need."""

    address: str
    url: URL  # with the address as its host
    host: str  # for the Host header
    server_hostname: str  # verified by TLS
    proxy: URL


class WayOut:
    """Opens connectors and names destinations; one per process and purpose."""

    def __init__(
        self, resolver: Resolver, *, proxy: str | None = None, ca_file: Path | None = None
    ) -> None:
        self.resolver = resolver
        self._proxy = None if proxy is None else URL(proxy)
        self._proxy_answers = ProxyAnswers()
        self._tls = tls_context(ca_file)

    def connector(
        self, *, keep: bool, seconds: float, protocol: type[KeptProtocol] = KeptProtocol
    ) -> GuardedConnector:
        """Return a connector; opening a connection directly has `seconds`, TLS included."""
        if self._proxy is None:
            return GuardedConnector(
                self.resolver,
                socket_factory=guarded(
                    self.resolver.allowed, self.resolver.forbidden_ports, seconds=seconds
                ),
                tls=self._tls,
                keep=keep,
                protocol=protocol,
            )
        # Only the proxy is dialled, at the operator's address.
        return ProxiedConnector(
            aiohttp.ThreadedResolver(),
            socket_factory=dialled,
            tls=self._tls,
            keep=keep,
            protocol=protocol,
            answers=self._proxy_answers,
        )

    def timeouts(
        self, *, seconds: float, idle_seconds: float | None = None
    ) -> aiohttp.ClientTimeout:
        """Return aiohttp's part of the limits.

        Without a proxy the guard counts `seconds` from the first address that is dialled.
        """
        return aiohttp.ClientTimeout(
            total=None, sock_connect=seconds if self._proxy else None, sock_read=idle_seconds
        )

    async def through_proxy(self, url: URL) -> ProxiedDestination | None:
        """Return what to ask the proxy for, or None without one; raises as `Resolver.addresses`."""
        if self._proxy is None:
            return None
        host = url.raw_host or ""
        address = (await self.resolver.addresses(host, url.port or 0))[0]
        return ProxiedDestination(
            address, url.with_host(address), url.host_port_subcomponent or "", host, self._proxy
        )

    def reason_of(self, error: Exception, marks: Marks) -> FailureReason:
        """Return the reason code of an error that ended a request."""
        if marks.blocked:
            return FailureReason.BLOCKED_ADDRESS
        fault = proxy_fault(error, marks, self._proxy_answers) if self._proxy else None
        return fault or reason_of(error)
