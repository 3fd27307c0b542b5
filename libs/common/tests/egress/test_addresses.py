"""Only public unicast addresses may be reached, in whatever spelling."""

from ipaddress import ip_network

import pytest

from linktime_common.egress.addresses import AddressRefused, check_address


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_special_addresses_are_refused(address: str) -> None:
    """Loopback, private, link-local, shared, documentation, translation, multicast, reserved."""
    with pytest.raises(AddressRefused):
        check_address(address, [])


@pytest.mark.parametrize("address", ["1.1.1.1", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_not(address: str) -> None:
    """Addresses routed on the internet may be reached."""
    check_address(address, [])


def test_a_network_can_be_allowed() -> None:
    """For development, and for subscribers in a private network; mapped spellings included."""
    allowed = [ip_network("127.0.0.0/8")]
    check_address("127.0.0.1", allowed)
    check_address("::ffff:127.0.0.1", allowed)
    with pytest.raises(AddressRefused):
        check_address("10.0.0.1", allowed)
