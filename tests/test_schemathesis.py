"""Generated requests from the served OpenAPI document; responses must match it."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from linktime_operator.stack.stack import Stack
from tests.browsers import sign_up
from tests.hosts import Host

FOLDER = Path(__file__).parent / "fuzz"
EXAMPLES = os.environ.get("LINKTIME_FUZZ_EXAMPLES")
FEW = ("--max-examples", "8", "--generation-deterministic")
MANY = ("--max-examples", str(EXAMPLES), "--generation-database", "none")
SECONDS = 3600 if EXAMPLES else 300
# These end the session that all other requests use, or lock the address out of signing in for a
# quarter of an hour; the gateway's own tests call them.
ENDS_THE_SESSION = "^(create|delete)Sessions?$|^setPassword$"


async def test_answers_to_keys_are_as_described(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Valid and invalid requests: no 5xx, no undocumented status, header or body."""
    host, _ = await sign_up(stack, http)
    write_down(tmp_path, await what_there_is(host))
    await make_up(
        f"{stack.file.gateway.rstrip('/')}/openapi.json",
        {"Authorization": f"Bearer {host.key}"},
        folder=tmp_path,
    )


@pytest.mark.soak
async def test_answers_to_sessions_are_as_described(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The same through the dashboard's API."""
    host, browser = await sign_up(stack, http)
    write_down(tmp_path, await what_there_is(host))
    await make_up(
        f"{stack.file.gateway.rstrip('/')}/openapi-dashboard.json",
        browser.headers,
        *("--exclude-operation-id-regex", ENDS_THE_SESSION),
        folder=tmp_path,
    )


async def what_there_is(host: Host) -> dict[str, list[str]]:
    """Return existing values, by the dictionary that schemathesis.toml reads them from."""
    event_type = (await host.call("GET", "/api/v1/event-types")).body["data"][0]["id"]
    *free, for_key, for_invitee = await host.slots()
    booked = await host.book(for_key)
    wanted = {
        "eventTypeId": event_type,
        "startTime": for_invitee,
        "inviteeName": "Zoë",
        "inviteeEmail": "zoe@example.com",
        "inviteeTimezone": "Europe/Berlin",
    }
    by_invitee = (await host.call("POST", "/api/bookings", wanted)).body
    return {
        "bookings": [booked.body["bookingId"], by_invitee["bookingId"]],
        "tokens": [by_invitee["manageUrl"].rpartition("/")[2]],
        "slugs": [host.event_type],
        "event-types": [event_type],
        "usernames": [host.username],
        "starts": free,
    }


def write_down(folder: Path, values: Mapping[str, list[str]]) -> None:
    """Write the settings and the dictionaries to the folder where schemathesis runs."""
    shutil.copy(FOLDER / "schemathesis.toml", folder)
    for name, entries in values.items():
        (folder / f"{name}.dict").write_text("\n".join(json.dumps(one) for one in entries))


async def make_up(document: str, headers: Mapping[str, str], *more: str, folder: Path) -> None:
    arguments = [
        *("run", document),
        *(word for name, value in headers.items() for word in ("--header", f"{name}: {value}")),
        *more,
        # A header given here is in every request, also in those meant to be without it; the check
        # `ignored_auth` removes it, to prove that credentials are required.
        *("--generation-with-security-parameters", "false"),
        *("--continue-on-failure", "--no-color", "--workers", "1"),
        *(MANY if EXAMPLES else FEW),
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli"),
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
    print(said.decode())
    assert process.returncode == 0
