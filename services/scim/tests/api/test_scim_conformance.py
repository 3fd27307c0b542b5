"""Two conformance tools against the running service, through what stands in for the gateway."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web

from linktime_common.identity import HEADER, Door
from linktime_common.process import Role
from linktime_common.servers.ports import free_port
from linktime_common.testing.services import Running, running, signer_of
from linktime_scim.app import SERVICE

from ..conftest import FreshDsn
from .conftest import person

PASSED_ON = ("Content-Type", "If-Match", "If-None-Match", "Accept")
PASSED_BACK = ("Content-Type", "ETag", "Location", "Allow", "WWW-Authenticate")
TOOLS = Path(sys.executable).parent


@asynccontextmanager
async def signing(scim: Running, organization: UUID, port: int) -> AsyncIterator[None]:
    """Answer on `port` as the gateway does for a good token: the tools sign nothing."""
    signer = signer_of("gateway", "scim")

    async def forward(request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        headers[HEADER] = signer.sign("scim", Door.SCIM_TOKEN, organization=organization)
        async with scim.session.request(
            request.method,
            scim.url + request.raw_path,
            data=await request.read(),
            headers=headers,
        ) as answer:
            back = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=back)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", forward)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def url(fresh_dsn: FreshDsn) -> AsyncIterator[str]:
    """SCIM's base URL of an organization."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    async with (
        fresh_dsn() as dsn,
        running(
            SERVICE,
            Role.SERVE,
            postgres_dsn=dsn,
            broker_url="amqp://unused",
            public_url=public_url,
        ) as scim,
    ):
        organization = await _organization(scim)
        async with signing(scim, organization, port):
            yield f"{public_url}/api/scim/v2"


async def _organization(scim: Running) -> UUID:
    headers = scim.identity(Door.OPERATOR, issuer="operator")
    owner = person(plan="BUSINESS")
    for path, body in (
        ("/internal/users", owner),
        ("/internal/organizations", {"name": "Acme", "ownerId": owner["id"]}),
    ):
        async with scim.session.post(scim.internal_url + path, json=body, headers=headers) as reply:
            made = await reply.json()
    return UUID(made["id"])


async def run(tool: str, *arguments: str) -> tuple[int, str]:
    """Exit code and output of one of the tools."""
    environment = {**os.environ, "SCIM_CLI_HEADERS": "Authorization: Bearer lt_scim_test"}
    process = await asyncio.create_subprocess_exec(
        str(TOOLS / tool),
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), timeout=120)
    return process.returncode or 0, output.decode()


async def test_scim2_tester_is_content(url: str) -> None:
    """Every check of scim2-tester succeeds; it reads /Schemas and tries what is announced."""
    code, output = await run("scim2", "--url", url, "test")
    assert code == 0, output
    assert "SUCCESS" in output


async def test_scim_sanity_is_content(url: str) -> None:
    """Every check of scim-sanity passes, in its strict mode."""
    code, output = await run(
        "scim-sanity",
        "probe",
        url,
        "--token",
        "lt_scim_test",
        "--resource",
        "User",
        "--strict",
        "--json-output",
        "--i-accept-side-effects",
    )
    assert code == 0, output
    assert json.loads(output[output.index("{") :])["summary"]["failed"] == 0
