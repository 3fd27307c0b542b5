import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from linktime_local.servers.ports import LOOPBACK, free_port, is_free
from linktime_operator.stack.ports import Ports

HTTP = 80
NOBODY = 65534
PRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def ports(tmp_path: Path, said: list[str]) -> Ports:
    return Ports(tmp_path / "ports.json", said.append)


def test_a_wanted_port_is_used(ports: Ports, said: list[str]) -> None:
    """A configured port is used if it is free, without a message."""
    wanted = free_port()
    assert ports.choose("gateway", wanted) == wanted
    assert said == []


def test_a_taken_port_is_replaced_by_a_free_one(ports: Ports, said: list[str]) -> None:
    """A port in use never stops the start."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        wanted = other.getsockname()[1]
        chosen = ports.choose("gateway", wanted)
    assert chosen != wanted
    assert said == [f"Port {wanted} for gateway is taken; using {chosen} instead."]


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Run the block without root's rights."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


@pytest.mark.skipif(
    not PRIVILEGED.exists() or int(PRIVILEGED.read_text()) <= HTTP,
    reason="every port is free for everybody on this machine",
)
def test_a_port_without_permission_is_not_called_taken(ports: Ports, said: list[str]) -> None:
    """There is no program to look for."""
    with ordinary_user():
        chosen = ports.choose("gateway", HTTP)
    why = "is not permitted: ports below 1024 need root or CAP_NET_BIND_SERVICE"
    assert said == [f"Port 80 for gateway {why}; using {chosen} instead."]


def test_chosen_ports_are_the_same_in_the_next_run(ports: Ports, tmp_path: Path) -> None:
    """Addresses stay valid across runs, if the ports are free."""
    first = ports.choose("postgres", None)
    ports.remember()
    again = Ports(tmp_path / "ports.json", lambda _line: None)
    assert again.choose("postgres", None) == first


def test_configured_ports_win_over_kept_ones(ports: Ports, tmp_path: Path, said: list[str]) -> None:
    """A port of the last run is moved if it is configured for another service."""
    kept = ports.choose("scim", None)
    ports.remember()
    again = Ports(tmp_path / "ports.json", said.append)
    again.reserve({"gateway": kept, "scim": None, "postgres": None})
    other = again.hold("scim", None)
    try:
        assert again.hold("gateway", kept) == kept
    finally:
        again.release()
    assert other != kept
    assert said == []


def test_a_held_port_is_kept_from_others_but_not_from_its_service(ports: Ports) -> None:
    """While a service restarts no other program can bind its port, but the service can."""
    port = ports.hold("scim", None)
    assert not is_free(port)
    with socket.socket() as service:
        service.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        service.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        service.bind((LOOPBACK, port))
        service.listen()
        with socket.create_connection((LOOPBACK, port), timeout=2):
            assert service.accept()[0].close() is None
    ports.release()
    assert is_free(port)


def test_a_reserved_port_refuses_connections(ports: Ports) -> None:
    """A call to a stopped service is refused at once; it does not hang."""
    port = ports.hold("scim", None)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port), timeout=2)
    ports.release()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"\x00\xff{",
        b'{"gateway": 99999999}',
        b'{"gateway": "80a"}',
        b'{"postgres": 18430, "rabbitmq": 18430}',
    ],
)
def test_a_damaged_memory_is_ignored(tmp_path: Path, damage: bytes) -> None:
    """New ports are chosen and kept."""
    memory = tmp_path / "ports.json"
    memory.write_bytes(damage)
    ports = Ports(memory, lambda _line: None)
    chosen = [ports.choose(name, None) for name in ("gateway", "postgres", "rabbitmq")]
    assert len(set(chosen)) == 3
    ports.remember()
    again = Ports(memory, lambda _line: None)
    assert again.choose("gateway", None) == chosen[0]
