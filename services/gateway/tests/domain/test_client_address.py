"""The client address of a request."""

from ipaddress import ip_network

import pytest

from linktime_gateway.domain.client_address import (
    MOST_PROXIES,
    UNKNOWN,
    ClientAddresses,
    Origin,
    origin_of,
)

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # the peer is not trusted
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),  # the client sent the left one
        ("10.0.0.1", ["1.1.1.1,203.0.113.9 , 10.2.3.4"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),  # two headers form one list
        ("10.0.0.1", ["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["2001:DB8:0::1"], "2001:db8::/64"),
        ("10.0.0.1", ["[2001:db8::1]"], "2001:db8::/64"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::/64"),
        ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["2001:db8::1, fd00::2"], "2001:db8::/64"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("[fe80::1%eth0]:80", [], "fe80::/64"),
        ("10.0.0.1", ["1.1.1.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, _hidden, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["1.1.1.1,"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::1]x"], "10.0.0.1"),
        ("10.0.0.1", ["256.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4" + "5" * 5000], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1," + "10.0.0.2," * MOST_PROXIES + "10.0.0.3"], "10.0.0.2"),
        (None, ["203.0.113.9"], UNKNOWN),
    ],
)
def test_only_entries_of_trusted_proxies_count(
    peer: str | None, forwarded_for: list[str], client: str
) -> None:
    """From the right, the first address that is not a proxy's; a malformed entry ends the
    search."""
    assert ClientAddresses(PROXIES).find(peer, forwarded_for) == client


@pytest.mark.parametrize(
    ("peer", "counting_key"),
    [
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("64:ff9b::203.0.113.9", "203.0.113.9"),
        ("::1", "::/64"),
    ],
)
def test_ipv6_is_counted_by_its_64(peer: str, counting_key: str) -> None:
    """Addresses that represent IPv4 are counted as IPv4."""
    assert ClientAddresses([]).find(peer, []) == counting_key


def test_without_trusted_proxies_the_header_is_ignored() -> None:
    """Also from a private address."""
    assert ClientAddresses([]).find("10.0.0.1", ["203.0.113.9"]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_an_address_belongs_to_a_network(address: str, network: str) -> None:
    """The /24 of IPv4, the /48 of IPv6; an unknown address is a separate network."""
    assert origin_of(address) == Origin(network, address)
