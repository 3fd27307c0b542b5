"""Which server a test run uses: one given, else our private one, else a container."""

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from linktime_local.servers.errors import ServerUnavailable


class PrivateServer(Protocol):
    """What both private servers can do."""

    async def start(self) -> None:
        """Start it."""

    async def stop(self) -> None:
        """Stop it."""


@contextmanager
def state_folder(name: str) -> Iterator[Path]:
    """A folder for one server's files, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"linktime-test-{name}-"))
    # A server that root runs as another account must be able to pass through.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def started(server: PrivateServer) -> AsyncIterator[bool]:
    """The private server for the length of the block; False where this machine cannot run it
    and a container engine may.

    Without an engine the reason, a sentence with the line to type, is raised.
    """
    try:
        await server.start()
    except ServerUnavailable:
        if not container_engine_answers():
            raise
        yield False
        return
    try:
        yield True
    finally:
        await server.stop()


def container_engine_answers() -> bool:
    """Whether a Docker engine can be asked for containers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Slow to import, and only needed as the last resort.
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
    """A container's host and mapped port; it may not answer yet."""
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
