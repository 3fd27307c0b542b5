"""Which processes of a service can share a port of one machine."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
from aiohttp import web
from pydantic_settings import SettingsConfigDict

from linktime_common.http.bodies import reply_json
from linktime_common.http.routes import get
from linktime_common.identity import CallerKind
from linktime_common.process import Parts, PortTaken, ProcessRole, Service
from linktime_common.settings import ServiceSettings
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import UNUSED, Running, running

PROGRAM = """
from libs.common.tests.test_ports import THINGS
from linktime_common.process import main
main(THINGS)
"""


class Settings(ServiceSettings):
    """Settings of an empty service."""

    model_config = SettingsConfigDict(env_prefix="THINGS_")


async def get_thing(_request: web.Request) -> web.Response:
    return reply_json({"id": 1})


@contextlib.asynccontextmanager
async def assemble(_settings: Settings, _role: ProcessRole) -> AsyncIterator[Parts]:
    yield Parts(internal_routes=[get("/internal/thing", get_thing, CallerKind.OPERATOR)])


THINGS = Service("things", Settings, (), assemble)


def process(role: ProcessRole, internal_port: int) -> AbstractAsyncContextManager[Running]:
    return running(THINGS, role, **UNUSED, internal_port=internal_port)


async def test_a_worker_does_not_share_the_internal_port_of_a_server() -> None:
    """It refuses to start on that port, with a remedy; on its own port it starts."""
    port = free_port()
    async with process(ProcessRole.ALL, port) as serving:
        with pytest.raises(PortTaken, match="THINGS_INTERNAL_PORT") as refused:
            async with process(ProcessRole.WORK, port):
                pass
        assert str(port) in str(refused.value)
        async with process(ProcessRole.WORK, free_port()):
            headers = serving.identity(CallerKind.OPERATOR, issuer="operator")
            for _ in range(20):
                url = f"{serving.internal_url}/internal/thing"
                async with serving.session.get(
                    url, headers={**headers, "Connection": "close"}
                ) as reply:
                    assert reply.status == 200


async def test_the_port_of_a_worker_is_not_shared() -> None:
    """In either order."""
    port = free_port()
    async with process(ProcessRole.WORK, port):
        for role in (ProcessRole.WORK, ProcessRole.SERVE, ProcessRole.ALL):
            with pytest.raises(PortTaken):
                async with process(role, port):
                    pass


async def test_processes_that_serve_share_their_ports() -> None:
    """Replicas on one machine respond alike."""
    port = free_port()
    async with (
        process(ProcessRole.ALL, port),
        process(ProcessRole.SERVE, port),
        process(ProcessRole.ALL, port),
    ):
        pass


async def test_a_process_without_its_port_ends_with_a_sentence() -> None:
    """Status 1, and no traceback."""
    port = free_port()
    names = {name.upper(): value for name, value in UNUSED.items()}
    names |= {"PORT": "1", "INTERNAL_PORT": str(port)}
    async with process(ProcessRole.ALL, port):
        ended = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, "work"),
            env={**os.environ, **{f"THINGS_{name}": value for name, value in names.items()}},
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            _output, error = await ended.communicate()
    assert ended.returncode == 1
    assert error.decode().startswith(f"Port {port} of 127.0.0.1 is taken.")
    assert error.count(b"\n") == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_that_is_not_ours_ends_with_a_sentence(host: str) -> None:
    """It names the setting, without a traceback."""
    names = {name.upper(): value for name, value in UNUSED.items()}
    names |= {"PORT": str(free_port()), "INTERNAL_PORT": str(free_port()), "HOST": host}
    ended = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, "work"),
        env={**os.environ, **{f"THINGS_{name}": value for name, value in names.items()}},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _output, error = await ended.communicate()
    assert ended.returncode == 1
    assert error.decode().startswith(f"THINGS_HOST {host} and port ")
    assert error.count(b"\n") == 1
