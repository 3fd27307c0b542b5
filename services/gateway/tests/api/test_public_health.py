"""`/healthz` of the public port."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp

from linktime_common.contracts.usernames import RESERVED_USERNAMES
from linktime_gateway.api.public_health import HEALTHZ
from linktime_gateway.app import SERVICE
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

from .own_logs import own_logs


def environment(settings: dict[str, Any], **more: Any) -> dict[str, str]:
    """Return the settings of a process as its environment has them."""
    texts = {
        f"GATEWAY_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in {**settings, **more}.items()
    }
    return {**os.environ, **texts}


async def test_it_says_ok_and_nothing_else(call: Any) -> None:
    """For GET and HEAD, without a limit; other methods are refused."""
    answer = await call("GET", HEALTHZ)
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert not [name for name in answer.headers if name.lower().startswith("ratelimit")]
    answer = await call("HEAD", HEALTHZ)
    assert (answer.status, answer.body) == (200, b"")
    answer = await call("POST", HEALTHZ, data=b"{}")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


async def test_it_is_neither_limited_nor_logged(call: Any, settings: dict[str, Any]) -> None:
    """Nor measured: it would make the latency of requests look better than it is."""
    limited = {**settings, "limit_public_reads": "1/minute", "limit_failed_checks": "1/minute"}
    with own_logs() as lines:
        async with running(SERVICE, **limited) as gateway:
            for _ in range(5):
                assert (await call("GET", HEALTHZ, url=gateway.url)).status == 200
    assert [line for line in lines if line["event"] == "request"] == []


def test_no_user_can_have_this_name() -> None:
    """The user's page would be hidden."""
    assert HEALTHZ.removeprefix("/") in RESERVED_USERNAMES


async def test_a_process_that_stops_says_so_and_still_answers(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    """A load balancer takes it out before it closes its ports."""
    port = free_port()
    settings = environment(
        settings, port=port, internal_port=free_port(), identity_accept={}, stop_delay_seconds=60
    )
    with (tmp_path / "output.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "linktime_gateway", "serve", env=settings, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session:

            async def health() -> tuple[int, Any]:
                try:
                    async with session.get(url + HEALTHZ) as response:
                        return response.status, await response.json()
                except aiohttp.ClientConnectionError:
                    return 0, None

            async def is_now(*expected: object) -> bool:
                return await health() == expected

            await eventually(lambda: is_now(200, {"status": "ok"}), within=60)
            process.send_signal(signal.SIGTERM)
            await eventually(lambda: is_now(503, {"status": "stopping"}), within=60)
            async with session.get(f"{url}/openapi.json") as response:
                assert response.status == 200
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
