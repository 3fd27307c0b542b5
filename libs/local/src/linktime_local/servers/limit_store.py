"""A private Valkey or Redis, in which several gateways count requests together."""

import asyncio
import shutil
from pathlib import Path

import aiohttp

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.rabbitmq_binaries import cache_folder
from linktime_local.servers.small_server import SmallServer

INSTALLED = ("valkey-server", "redis-server")
PACKAGE = "redis-server"
HOW_TO_INSTALL = (
    "Install it (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install valkey)."
)


class LimitStoreServer(SmallServer):
    """Keeps nothing on disk. With `port` None, a free one is chosen at the first start."""

    def __init__(self, state: Path, *, port: int | None = None) -> None:
        super().__init__("The store of limits", state, [port])
        self._packages: Path | None = None

    @property
    def port(self) -> int:
        """The loopback port; known after the first start."""
        return self._port(0)

    @property
    def url(self) -> str:
        """The address for GATEWAY_LIMIT_STORE_URL."""
        return f"valkey://{self.host}:{self.port}/0"

    async def _command(self) -> list[str | Path]:
        program = await self._program()
        nothing_kept = ("--save", "", "--appendonly", "no", "--dir", self._state.path)
        return [program, "--port", str(self.port), "--bind", self.host, *nothing_kept]

    def _environment(self) -> dict[str, str]:
        own = {"LD_LIBRARY_PATH": debian.library_path(self._packages)} if self._packages else {}
        return {**super()._environment(), **own}

    async def _answers(self, _session: aiohttp.ClientSession) -> bool:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(b"PING\r\n")
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()

    async def _program(self) -> str | Path:
        """Return the program, installed or unpacked from Debian's package."""
        for name in INSTALLED:
            if found := shutil.which(name):
                return found
        if not debian.is_possible():
            raise ServerUnavailable(f"Valkey and Redis were not found. {HOW_TO_INSTALL}")
        cache = cache_folder() or self._state.path
        try:
            self._packages = await debian.unpacked(
                PACKAGE, own=("redis",), cache=cache, progress=lambda _line: None
            )
        except ServerUnavailable as error:
            raise ServerUnavailable(f"{error} {HOW_TO_INSTALL}") from error
        return self._packages / "usr/bin" / PACKAGE
