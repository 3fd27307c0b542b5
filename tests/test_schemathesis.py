"""Requests made up from the served OpenAPI document, and whether the answers fit it."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from tests.browsers import sign_up

from linktime_operator.stack.stack import Stack

FOLDER = Path(__file__).parent / "fuzz"
EXAMPLES = os.environ.get("LINKTIME_FUZZ_EXAMPLES")
FEW = ("--max-examples", "5", "--phases", "examples,fuzzing,stateful", "--generation-deterministic")
MANY = ("--max-examples", str(EXAMPLES), "--generation-database", "none")
SECONDS = 3600 if EXAMPLES else 120
# These end the session that all other requests come with; the gateway's own tests call them.
ENDS_THE_SESSION = "^/dashboard/api/(sessions?|password)$"


async def test_answers_to_keys_are_as_described(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Good requests and bad: no 5xx, no status, header or body that the document does not tell of.

    A missing key is proven by `ignored_auth`: the key given here stands in every other request.
    """
    host, _ = await sign_up(stack, http)
    await make_up(
        stack,
        {"Authorization": f"Bearer {host.key}"},
        *("--include-path-regex", "^/api/"),
        folder=tmp_path,
    )


async def test_answers_to_sessions_are_as_described(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The same through the dashboard's door.

    Credentials are given and not made up: a header given here stands in every request, also in
    those that were meant to be without.
    """
    _, browser = await sign_up(stack, http)
    await make_up(
        stack,
        browser.headers,
        *("--include-path-regex", "^/dashboard/api/"),
        *("--exclude-path-regex", ENDS_THE_SESSION),
        *("--generation-with-security-parameters", "false"),
        folder=tmp_path,
    )


async def make_up(stack: Stack, headers: Mapping[str, str], *more: str, folder: Path) -> None:
    arguments = [
        *("run", f"{stack.file.gateway.rstrip('/')}/openapi.json"),
        *(word for name, value in headers.items() for word in ("--header", f"{name}: {value}")),
        *more,
        *("--continue-on-failure", "--no-color", "--workers", "1"),
        *(MANY if EXAMPLES else FEW),
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(FOLDER / "schemathesis.toml")),
        *arguments,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(FOLDER)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        pytest.fail(said.decode())
