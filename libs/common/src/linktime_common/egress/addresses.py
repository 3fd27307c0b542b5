"""Which addresses may be reached: public unicast only, unless a network is allowed.

Python's `is_private` and `is_global` are no policy (several special ranges count as global), so
the ranges are listed here. Source: the IANA special-purpose registries for IPv4 and IPv6.
"""

import re
from collections.abc import Container, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_DENIED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_DENIED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

# `127.1`, `0x7f000001`, `017700000001`, `2130706433`: some resolvers read them as addresses.
_ENDS_IN_A_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)


class OtherPorts(Container[int]):
    """Every port but these."""

    def __init__(self, ports: Container[int]) -> None:
        self._ports = ports

    def __contains__(self, port: object) -> bool:
        return port not in self._ports


class AddressRefused(Exception):
    """This address may not be reached."""


def check_name(host: str) -> None:
    """Raise AddressRefused for a name that is an address in disguise."""
    if _ENDS_IN_A_NUMBER.search(host):
        raise AddressRefused("The host ends in a number but is no address in its usual spelling")


def check_address(text: str, allowed: Sequence[Network]) -> None:
    """Raise AddressRefused unless `text`, an address literal, may be dialled."""
    address = _dialled(text)
    if any(address.version == network.version and address in network for network in allowed):
        return
    if not _is_public(address):
        raise AddressRefused("The address is not a public one")


def check_port(text: str, port: int, forbidden: Container[int]) -> None:
    """Raise AddressRefused for a forbidden port of an address that is not public."""
    if port in forbidden and not _is_public(_dialled(text)):
        raise AddressRefused(f"Port {port} of this address may not be reached")


def _dialled(text: str) -> IPv4Address | IPv6Address:
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise AddressRefused("An address with a zone is not a public one")
    return address.ipv4_mapped or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _DENIED_V6)
