"""Selects the servers of a test run: a given one, else a private one, else a container."""

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from linktime_local.servers.errors import ServerUnavailable


class PrivateServer(Protocol):
    """The common interface of private servers."""

    async def start(self) -> None:
        """Start it."""

    async def stop(self) -> None:
        """Stop it."""


MEMORY = Path("/dev/shm")
ENOUGH_MEMORY = 8 * 1024**3


@contextmanager
def state_folder(name: str, *, in_memory: bool = False) -> Iterator[Path]:
    """Yield a temporary folder for one server's files; in memory, where there is enough."""
    # A database per test is copied there in an eighth of the processor time.
    has_enough = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_MEMORY
    place = MEMORY if in_memory and has_enough else None
    folder = Path(tempfile.mkdtemp(prefix=f"linktime-test-{name}-", dir=place))
    # Accessible to a server that root runs as another account.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def started(server: PrivateServer) -> AsyncIterator[bool]:
    """Run the private server during the block; yield False if it is unavailable on this machine
    and a container engine is available.

    Raises ServerUnavailable without a container engine.
    """
    try:
        await server.start()
    except ServerUnavailable:
        if not container_engine_available():
            raise
        yield False
        return
    try:
        yield True
    finally:
        await server.stop()


def container_engine_available() -> bool:
    """Return whether a Docker engine is available."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Slow to import, and rarely needed.
        import docker  # type: ignore[import-untyped]  # noqa: PLC0415

        try:
            client = docker.from_env(timeout=5)
            try:
                return bool(client.ping())
            finally:
                client.close()
        except docker.errors.DockerException:
            return False


@contextmanager
def container(image: str, port: int, settings: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Yield a container's host and mapped port; it may not accept connections yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - as above

        box: Any = DockerContainer(image).with_exposed_ports(port)
        for name, value in settings.items():
            box = box.with_env(name, value)
        box.start()
    try:
        yield box.get_container_host_ip(), int(box.get_exposed_port(port))
    finally:
        box.stop()
