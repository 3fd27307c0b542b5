"""From which address a request comes.

A header can say anything, so only what a trusted proxy added counts: from the right, the first
address that is not a trusted proxy's own.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
UNKNOWN = "unknown"
MOST_PROXIES = 20
MOST_CHARACTERS = 64  # longer than any address: what is remembered of strangers stays small


class ClientAddresses:
    """Finds the client's address behind `trusted` proxies."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def find(self, peer: str | None, forwarded_for: Iterable[str]) -> str:
        """The address, in its shortest form.

        `forwarded_for` are the values of the X-Forwarded-For headers in their order. An entry that
        is no address ends the search: what stands left of it was written by nobody we trust.
        """
        address = _read(peer or "")
        if address is None:
            return UNKNOWN
        if not self._trusted or not self._trusts(address):
            return str(address)
        entries = ",".join(forwarded_for).rsplit(",", MOST_PROXIES)
        for entry in reversed(entries[-MOST_PROXIES:]):
            nearer, address = address, _read(entry.strip()[:MOST_CHARACTERS])
            if address is None:
                return str(nearer)
            if not self._trusts(address):
                break
        return str(address)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)


@lru_cache(maxsize=4096)
def _read(text: str) -> IPv4Address | IPv6Address | None:
    """`1.2.3.4`, `1.2.3.4:567`, `2001:db8::1` or `[2001:db8::1]:567`; None for anything else."""
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
    # A socket that listens on both families shows IPv4 callers like this.
    return getattr(address, "ipv4_mapped", None) or address
