"""Loopback ports."""

import socket

LOOPBACK = "127.0.0.1"

_returned: set[int] = set()


def free_port() -> int:
    """Return a free loopback port, in one process never the same one twice.

    Another process may take it before its use.
    """
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
        if port not in _returned:
            _returned.add(port)
            return port


def is_permitted(port: int) -> bool:
    """Return whether this process has the permission to listen on the port, free or not."""
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            return False
        except OSError:
            return True
    return True


def is_free(port: int) -> bool:
    """Return whether a server can listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do, so that a port with connections in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_free_everywhere(port: int) -> bool:
    """Whether a server could listen on this port of every address: RabbitMQ asks for that."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
            probe.listen()
        except OSError:
            return False
    return True
