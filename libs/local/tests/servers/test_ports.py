"""Loopback ports for servers of tests."""

import socket
from pathlib import Path

import pytest

from linktime_local.servers.ports import (
    CAN_RESERVE,
    LOOPBACK,
    RESERVED_AT_MOST,
    free_port,
    is_free,
)


def test_no_port_is_returned_twice() -> None:
    """The system may offer a closed port again: a service needs two different ones."""
    ports = [free_port() for _ in range(2_000)]
    assert len(set(ports)) == len(ports)


@pytest.mark.skipif(not CAN_RESERVE, reason="ports can be reserved on Linux only")
def test_a_free_port_is_kept_for_its_server() -> None:
    """No program gets it as any free port; the server that it was chosen for can listen there."""
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port))
    assert is_free(port)
    with socket.create_server((LOOPBACK, port)), socket.create_connection((LOOPBACK, port)):
        assert not is_free(port)


def test_few_ports_are_reserved_at_once() -> None:
    """A process with many servers in turn does not run out of open files."""
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(2 * RESERVED_AT_MOST):
        free_port()
    assert len(list(Path("/dev/fd").iterdir())) <= before + RESERVED_AT_MOST
