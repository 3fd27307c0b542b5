"""Loopback ports."""

import os
import socket
import sys
from collections import deque

LOOPBACK = "127.0.0.1"
RESERVED_AT_MOST = 256
# Linux alone lets a server listen on a port that another process has bound without listening.
CAN_RESERVE = sys.platform == "linux"

_returned: set[int] = set()
_reserved: deque[int] = deque()  # file descriptors


def free_port() -> int:
    """Return a free loopback port, in one process never the same one twice.

    On Linux it is reserved while this process runs and until 256 more are returned: it is offered
    to no other process, but every server that sets SO_REUSEADDR can listen there.
    """
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
        if port not in _returned and (not CAN_RESERVE or _reserve(port)):
            _returned.add(port)
            return port


def _reserve(port: int) -> bool:
    holder = bound(port, socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    if holder is None:
        return False
    _reserved.append(holder.detach())
    if len(_reserved) > RESERVED_AT_MOST:
        os.close(_reserved.popleft())
    return True


def bound(port: int, *options: int) -> socket.socket | None:
    """Return a socket with these options that is bound to the port and does not listen.

    None if the port is taken.
    """
    holder = socket.socket()
    for option in options:
        holder.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        holder.bind((LOOPBACK, port))
    except OSError:
        holder.close()
        return None
    return holder


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
