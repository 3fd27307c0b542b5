"""`linktime webhook listen` as a subscriber on the same machine."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from libs.operator.tests.launched import LINKTIME, invoked, run_linktime
from standardwebhooks import Webhook

from linktime_local.servers.ports import free_port

SECRET = "whsec_" + "bGlua3RpbWU0" * 3
OTHER = "whsec_" + "dW5rbm93bjEy" * 3
BODY = '{"type": "booking.created", "data": {"inviteeName": "Zoë"}}'
NASTY_PATH = "%1b%5b31m%0averified%e2%80%ae%c2%9b%ff"
NASTY_BODY = b'{"a": "\xc2\x9b\xe2\x80\xae\\u001b"}'


@asynccontextmanager
async def listening_process(
    *options: str,
) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Run it for the duration of the block, or until SIGINT; yields its URL."""
    process = await asyncio.create_subprocess_exec(
        *(LINKTIME, "webhook", "listen", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            said = (await process.stderr.readline()).decode()
        yield said.split()[2], process
        # Not by `process`, whose own wait would compete with asyncio's child watcher.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGINT)
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def listener(*options: str) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """Yield its URL and its output."""
    async with listening_process(*options) as (url, process):
        assert process.stdout is not None
        yield url, process.stdout


async def post(url: str, body: bytes, secret: str | None) -> int:
    """Send the body, signed if there is a secret."""
    now = datetime.now(UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
    if secret is not None:
        headers["webhook-signature"] = Webhook(secret).sign("msg_1", now, body.decode())
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}hook", data=body, headers=headers) as response,
    ):
        return response.status


async def line(output: asyncio.StreamReader) -> dict[str, Any]:
    async with asyncio.timeout(30):
        found: dict[str, Any] = json.loads(await output.readline())
    return found


async def test_signatures_are_verified() -> None:
    """With any of the secrets; others get 401, and the output has the reason."""
    async with listener("--json", "--secret", OTHER, "--secret", SECRET) as (url, output):
        assert await post(url, BODY.encode(), SECRET) == 204
        assert await line(output) == {
            "path": "/hook",
            "id": "msg_1",
            "verified": True,
            "refusal": None,
            "answered": 204,
            "failure": None,
            "body": json.loads(BODY),
        }
        for body, secret in ((BODY.encode(), None), (b"\xff", None)):
            assert await post(url, body, secret) == 401
            refused = await line(output)
            assert (refused["verified"], bool(refused["refusal"])) == (False, True)


async def test_without_a_secret_everything_is_taken_and_nothing_called_genuine() -> None:
    """A body that is not JSON is shown as text."""
    async with listener("--json") as (url, output):
        assert await post(url, b"no json", None) == 204
        shown = await line(output)
        assert (shown["verified"], shown["body"]) == (None, "no json")


async def test_a_person_reads_the_verdict_and_the_body() -> None:
    """Without --json, for people."""
    async with listener("--secret", SECRET) as (url, output):
        assert await post(url, BODY.encode(), SECRET) == 204
        async with asyncio.timeout(30):
            shown = (await output.readuntil(b"}\n}")).decode()
    assert "msg_1 to /hook" in shown
    assert "verified" in shown
    assert '"inviteeName": "Zoë"' in shown


async def exchange(url: str, head: bytes, body: bytes = b"") -> bytes:
    """Send these bytes and read the response until EOF."""
    port = urlsplit(url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(30):
        writer.write(
            head + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_nothing_that_comes_acts_on_the_terminal(options: tuple[str, ...]) -> None:
    """Path, id and body are shown with control characters escaped, on one line."""
    request = f"POST /{NASTY_PATH} HTTP/1.1\r\nHost: x\r\nwebhook-id: \x9b\xff\r\n"
    async with listener(*options) as (url, output):
        answer = await exchange(url, request.encode("latin-1"), NASTY_BODY)
        assert answer.startswith(b"HTTP/1.1 204")
        async with asyncio.timeout(30):
            shown = (await output.readuntil(b"}\n")).decode()
    line_break = "\\n" if options else "\\u000a"
    assert f"\\u001b[31m{line_break}verified\\u202e\\u009b" in shown
    assert '{\n  "a": "\\u009b\\u202e\\u001b"\n}' in shown or '"a":"\\u009b\\u202e\\u001b"' in shown
    assert not set(shown) & set("\x1b\x9b\u202e")


async def test_malformed_http_is_a_line_on_standard_error() -> None:
    """No traceback, nothing of the request; the next request is processed."""
    async with listening_process("--json") as (url, process):
        garbled = b"POST / HTTP/1.1\r\nbad \x00secret: \x1b\r\n"
        assert (await exchange(url, garbled)).startswith(b"HTTP/1.0 400")
        assert process.stderr is not None
        async with asyncio.timeout(30):
            said = await process.stderr.readline()
        assert said.startswith(b"A request was not HTTP (")
        assert await post(url, b"{}", None) == 204
        os.kill(process.pid, signal.SIGINT)
        assert await process.stderr.read() == b""


async def test_a_body_nested_too_deep_is_shown_as_text() -> None:
    """For any depth: serializing it as JSON has limits too."""
    async with listener("--json") as (url, output):
        for depth in (33, 900, 5_000):
            body = b"[" * depth + b"]" * depth
            assert await post(url, body, None) == 204
            assert (await line(output))["body"] == body.decode()


@pytest.mark.parametrize("secret", ["whsec_ä", "nonsense", "whsec_", "whsec_bGlua3RpbWU0"])
def test_an_invalid_secret_is_reported(secret: str) -> None:
    """Before the receiver starts."""
    wrong = invoked("webhook", "listen", "--secret", secret, env=os.environ)
    assert "--secret is no webhook secret" in wrong.misuse


@pytest.mark.parametrize("nowhere", ["localhost:9000", "ftp://x", "http://", "http://x:y"])
def test_an_invalid_target_is_reported(nowhere: str) -> None:
    """Before the receiver starts."""
    wrong = invoked("webhook", "listen", "--forward-to", nowhere, env=os.environ)
    assert "--forward-to must be a URL" in wrong.misuse


async def test_a_misuse_and_a_taken_port_are_json_with_json() -> None:
    """On standard error."""
    wrong = await run_linktime(
        "webhook", "listen", "--json", "--secret", "nonsense", env=os.environ
    )
    assert "--secret is no webhook secret" in json.loads(wrong.misuse)["error"]
    port = free_port()
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    async with server:
        taken = await run_linktime(
            "webhook", "listen", "--json", "--port", str(port), env=os.environ
        )
    assert f"Port {port} is taken" in taken.refusal["error"]


async def test_the_response_status_can_be_set() -> None:
    """To try out retries; an invalid signature still gets 401."""
    async with listener("--json", "--answer", "503", "--secret", SECRET) as (url, output):
        assert await post(url, BODY.encode(), SECRET) == 503
        assert (await line(output))["answered"] == 503
        assert await post(url, BODY.encode(), OTHER) == 401


async def test_deliveries_are_sent_on_as_they_came() -> None:
    """With the headers that verify them; the target's response is returned, 502 without one."""
    taken = list[tuple[bytes, str, str]]()

    async def take(request: web.Request) -> web.Response:
        headers = request.headers
        taken.append((await request.read(), headers["webhook-id"], headers["webhook-signature"]))
        return web.Response(status=418)

    app = web.Application()
    app.router.add_post("/there", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there = f"http://127.0.0.1:{runner.addresses[0][1]}/there"
    async with listener("--json", "--forward-to", there, "--secret", SECRET) as (url, output):
        assert await post(url, BODY.encode(), SECRET) == 418
        assert (await line(output))["answered"] == 418
        assert await post(url, BODY.encode(), OTHER) == 401
        assert (await line(output))["answered"] == 401
        await runner.cleanup()
        assert await post(url, BODY.encode(), SECRET) == 502
        host = there.removesuffix("/there")
        assert (await line(output))[
            "failure"
        ] == f"No answer from {host}: the connection was refused"
    ((body, identifier, signature),) = taken
    assert (body, identifier) == (BODY.encode(), "msg_1")
    assert signature.startswith("v1,")
