"""Processes that write events: one that is killed, and two that share the work."""

import asyncio
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import Meeting, events_of, write
from services.availability.tests.calendars.processes import sync_process

from linktime_local.servers.caldav import ServerAccount
from linktime_local.testing.waiting import eventually

MEETINGS = 12


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    return await connected(world, caldav_account)


@pytest.mark.parametrize("point", ["write.leased", "write.answered", "write.settled"])
async def test_a_killed_process_leaves_one_event(
    point: str, ada: Connected, dsn: str, tomorrow: datetime, tmp_path: Path
) -> None:
    """Also between the answer of the server and its storing."""
    meeting = Meeting(ada, tomorrow)
    await meeting.apply("created")
    fault = tmp_path / "fault"
    fault.write_text(f"{point} SIGKILL")
    async with sync_process(dsn, LINKTIME_FAULT_FILE=str(fault)) as process:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    written = await events_of(ada, tomorrow)
    assert len(written) == (0 if point == "write.leased" else 1)
    assert (await meeting.link())["state"] == ("DONE" if point == "write.settled" else "PENDING")
    await meeting.apply("moved")
    await write(ada)
    (event,) = await events_of(ada, tomorrow)
    assert (event["SEQUENCE"], event.start) == (1, meeting.at(1))
    assert (await meeting.link())["state"] == "DONE"


async def test_two_processes_share_the_events(ada: Connected, dsn: str, tomorrow: datetime) -> None:
    """Each event is written once."""
    meetings = [Meeting(ada, tomorrow + timedelta(days=day)) for day in range(MEETINGS)]
    for one in meetings:
        await one.apply("created")
    async with sync_process(dsn), sync_process(dsn):

        async def all_written() -> bool:
            return all([(await one.link())["state"] == "DONE" for one in meetings])

        await eventually(all_written, within=60, every=0.2)
    written = await events_of(ada, tomorrow)
    assert sorted(str(event["UID"]) for event in written) == sorted(one.uid for one in meetings)
    assert [(await one.link())["failures"] for one in meetings] == [0] * MEETINGS
