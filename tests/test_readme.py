"""The README's lines do what they say."""

import asyncio
import os
import re
import shutil
from pathlib import Path

from tests.hosts import Host

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


async def test_the_api_in_five_lines(host: Host) -> None:
    """As they stand: a profile, the booking that was made, and its cancellation."""
    assert shutil.which("curl"), "curl is missing: sudo apt-get install curl"
    await host.add_event_type(slug="intro")
    section = README.partition("## The API in five lines")[2]
    lines = section.partition("```sh\n")[2].partition("```")[0]
    assert len(re.findall(r"\bcurl\b", lines)) == 5
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-c", lines.replace("curl ", "curl -w '\\n' ")),
        env=os.environ | {"API": host.stack.file.gateway.rstrip("/") + "/api/v1", "KEY": host.key},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(shell.communicate(), timeout=60)
    profile, booking, cancelled = said.decode().splitlines()
    assert f'"email":"{host.email}"' in profile
    assert '"status":"CONFIRMED"' in booking
    assert '"inviteeName":"Max"' in booking
    assert cancelled == '{"success":true}'
    (kept,) = (await host.call("GET", "/api/v1/bookings?status=cancelled")).body["data"]
    assert kept["id"] in booking
