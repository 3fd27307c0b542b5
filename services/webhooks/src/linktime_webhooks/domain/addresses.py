"""Which addresses a webhook may reach: public unicast only, unless a network is allowed.

Python's `is_private` and `is_global` are no policy (several special ranges count as global), so
the ranges are listed here. Source: the IANA special-purpose registries for IPv4 and IPv6.
"""

from collections.abc import Sequence
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


class AddressRefused(Exception):
    """The address is not one a webhook may reach."""


def check_address(text: str, allowed: Sequence[Network]) -> None:
    """Raise AddressRefused unless `text`, an address literal, may be dialled."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in allowed):
        return
    if isinstance(address, IPv4Address):
        refused = any(address in network for network in _DENIED_V4)
    else:
        refused = address not in _GLOBAL_V6 or any(address in network for network in _DENIED_V6)
    if refused:
        raise AddressRefused("The address is not a public one")
