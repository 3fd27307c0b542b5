"""Find the client address of a request.

Clients can send any header, so only entries of trusted proxies count: from the right, the first
address that is not a trusted proxy.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple

Network = IPv4Network | IPv6Network
UNKNOWN = "unknown"
MOST_PROXIES = 20
MOST_CHARACTERS = 64  # longer than any address; bounds the memory for arbitrary input
# One subscriber usually has a whole /64 (RFC 4291 2.5.4).
HOST_BITS = 64
NAT64 = IPv6Network("64:ff9b::/96")
# The smallest networks announced on the internet; one party may hold all their addresses.
NETWORK_BITS = {4: 24, 6: 48}


class ClientAddresses:
    """Finds the client's address behind `trusted` proxies."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def find(self, peer: str | None, forwarded_for: Iterable[str]) -> str:
        """Return the client's IPv4 address, or the /64 of its IPv6 address.

        `forwarded_for` are the values of the X-Forwarded-For headers in order. An entry that is not
        an address ends the search: entries to its left are not trusted.
        """
        found = _read(peer or "")
        if found is None:
            return UNKNOWN
        if not self._trusted or not self._trusts(found):
            return found.counting_key
        entries = ",".join(forwarded_for).rsplit(",", MOST_PROXIES)
        for entry in reversed(entries[-MOST_PROXIES:]):
            nearer, found = found, _read(entry.strip()[:MOST_CHARACTERS])
            if found is None:
                return nearer.counting_key
            if not self._trusts(found):
                break
        return found.counting_key

    def trusts(self, peer: str | None) -> bool:
        """Return whether this peer is a trusted proxy."""
        found = _read(peer or "")
        return found is not None and self._trusts(found)

    def _trusts(self, found: "_Address") -> bool:
        return any(found.address in network for network in self._trusted)


class Origin(NamedTuple):
    """A client's address and its network, which share scarce work."""

    network: str
    address: str


def origin_of(address: str) -> Origin:
    """Return the origin of an address from `ClientAddresses`."""
    if address == UNKNOWN:
        return Origin(UNKNOWN, UNKNOWN)
    found = ip_network(address)
    return Origin(str(found.supernet(new_prefix=NETWORK_BITS[found.version])), address)


class _Address(NamedTuple):
    address: IPv4Address | IPv6Address
    counting_key: str


@lru_cache(maxsize=4096)
def _read(text: str) -> _Address | None:
    """Parse `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1` or `[2001:db8::1]:567`; None for other text."""
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            return None
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = _ipv4_in(address) or address
    if isinstance(address, IPv4Address):
        return _Address(address, str(address))
    network = IPv6Network((int(address) >> HOST_BITS << HOST_BITS, 128 - HOST_BITS))
    return _Address(address, str(network))


def _ipv4_in(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address in an IPv4-mapped or NAT64 address, or None."""
    if address in NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped
