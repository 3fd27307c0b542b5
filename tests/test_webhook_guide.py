"""The snippets of docs/webhooks.md are run unchanged."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from standardwebhooks import Webhook

from linktime_local.servers.ports import free_port
from linktime_local.testing import node
from linktime_local.testing.waiting import eventually

GUIDE = (Path(__file__).parents[1] / "docs/webhooks.md").read_text("utf-8")
SECRET = "whsec_" + "bGlua3RpbWU0" * 3
BODY = '{"type":"booking.created","timestamp":"2026-03-01T14:00:00.000Z","data":{"id":"Zoë-1"}}'
PACKAGES = Path(__file__).parents[1] / "services/webhooks/tests/node"


def snippet(language: str) -> str:
    """Return the one block in that language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return str(code)


@pytest.mark.parametrize("language", ["python", "js"])
async def test_the_snippet_accepts_only_signed_bodies(language: str, tmp_path: Path) -> None:
    """204 for a signed body, also when it is repeated, and 401 for any other."""
    environment = os.environ | {"WEBHOOK_SECRET": SECRET, "PYTHONUTF8": "1"}
    program = sys.executable
    if language == "js":
        program = "node"
        environment["NODE_PATH"] = str(node.install(PACKAGES, tmp_path / "packages"))
    file = tmp_path / f"hook.{'py' if language == 'python' else 'js'}"
    file.write_text(snippet(language), "utf-8")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        program,
        str(file),
        env=environment | {"PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    now = datetime.now(UTC)
    genuine = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, BODY),
    }
    try:
        async with aiohttp.ClientSession() as session:

            async def post(headers: dict[str, str], body: str = BODY) -> int:
                url = f"http://127.0.0.1:{port}/"
                async with session.post(url, data=body.encode(), headers=headers) as response:
                    return response.status

            async def answers() -> bool:
                try:
                    return await post({}) == 401
                except aiohttp.ClientConnectionError:
                    return False

            await eventually(answers, what="the snippet to listen")
            assert await post(genuine, BODY.replace("Zoë", "Zoe")) == 401
            assert await post({**genuine, "webhook-signature": "v1"}) == 401
            assert await post({**genuine, "webhook-timestamp": "1"}) == 401
            assert [await post(genuine), await post(genuine)] == [204, 204]
    finally:
        process.kill()
        output, _ = await process.communicate()
    assert output.decode().splitlines() == ["booking.created Zoë-1"]
