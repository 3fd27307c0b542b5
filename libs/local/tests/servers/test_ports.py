"""Loopback ports for servers of tests."""

from linktime_local.servers.ports import free_port


def test_no_port_is_returned_twice() -> None:
    """The system may offer a closed port again: a service needs two different ones."""
    ports = [free_port() for _ in range(2_000)]
    assert len(set(ports)) == len(ports)
