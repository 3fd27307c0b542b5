"""Requests made up from the served OpenAPI document, and whether the answers fit it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.hosts import Host

FOLDER = Path(__file__).parent / "fuzz"
EXAMPLES = os.environ.get("LINKTIME_FUZZ_EXAMPLES")
FEW = ("--max-examples", "5", "--phases", "examples,fuzzing,stateful", "--generation-deterministic")
MANY = ("--max-examples", str(EXAMPLES), "--generation-database", "none")
SECONDS = 3600 if EXAMPLES else 120


async def test_answers_are_as_described(host: Host, tmp_path: Path) -> None:
    """Good requests and bad: no 5xx, no status, header or body that the document does not tell of.

    A missing key is proven by `ignored_auth`: the key given here stands in every other request.
    """
    arguments = [
        *("run", f"{host.stack.file.gateway.rstrip('/')}/openapi.json"),
        *("--header", f"Authorization: Bearer {host.key}"),
        *("--include-path-regex", "^/api/"),
        *("--exclude-checks", "missing_required_header"),
        *("--continue-on-failure", "--no-color", "--workers", "1"),
        *(MANY if EXAMPLES else FEW),
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(FOLDER / "schemathesis.toml")),
        *arguments,
        cwd=tmp_path,
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
