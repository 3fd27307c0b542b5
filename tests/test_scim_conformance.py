"""Two conformance tools against SCIM, through the gateway with a token."""

import asyncio
import json
import os
import sys
from pathlib import Path

import aiohttp
import pytest

from linktime_operator.stack.stack import Stack
from tests.providers import ROOT, Provider, make_provider

TOOLS = Path(sys.executable).parent
TOOL_SECONDS = 180


@pytest.fixture
async def provider(stack: Stack, http: aiohttp.ClientSession) -> Provider:
    return await make_provider(stack, http)


async def run(tool: str, provider: Provider, *arguments: str) -> tuple[int, str]:
    """Return exit code and output of one of the tools."""
    process = await asyncio.create_subprocess_exec(
        str(TOOLS / tool),
        *arguments,
        env={**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Bearer {provider.token}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout=TOOL_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_scim2_tester_finds_nothing(provider: Provider) -> None:
    """It tests everything in /Schemas; a skipped check would fail too."""
    code, output = await run("scim2", provider, "--url", provider.stack.file.gateway + ROOT, "test")
    assert code == 0, output
    assert output.count("SUCCESS") >= 46


async def test_scim_sanity_finds_nothing(provider: Provider) -> None:
    """In its strict mode, where a warning is a failure."""
    code, output = await run(
        "scim-sanity",
        provider,
        "probe",
        provider.stack.file.gateway + ROOT,
        "--token",
        provider.token,
        "--resource",
        "User",
        "--strict",
        "--json-output",
        "--i-accept-side-effects",
    )
    assert code == 0, output
    summary = json.loads(output[output.index("{") :])["summary"]
    assert summary["failed"] == 0
    assert summary["passed"] >= 18
