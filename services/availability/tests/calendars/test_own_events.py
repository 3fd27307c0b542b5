"""Events with UIDs of this instance: those of the host's own bookings are free, others busy."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected, event
from services.availability.tests.calendars.meetings import HOUR, Meeting

from linktime_availability.calendars.recheck import LimitedRecheck
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.ids import new_id
from linktime_local.servers.caldav import ServerAccount

UID = "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071"


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    """A host whose calendars have half a minute to answer before a booking."""
    patient = replace(world.deps, recheck=LimitedRecheck(30.0))
    host = await connected(replace(world, deps=patient), caldav_account)
    await host.sync()
    return host


@pytest.fixture
async def of_a_colleague(ada: Connected, tomorrow: datetime) -> str:
    """The UID of a booking with another host, to which Ada is invited."""
    colleague = await ada.world.host()
    event_type = await ada.world.event_type(
        colleague.id, duration_minutes=60, slot_interval_minutes=60
    )
    held = await ada.world.held(event_type, tomorrow)
    return f"{held.booking_id}@meet.example"


async def test_a_booking_with_a_colleague_is_busy(
    ada: Connected, of_a_colleague: str, tomorrow: datetime
) -> None:
    """The host is its invitee, so nothing else takes the time."""
    await ada.put(of_a_colleague, tomorrow)
    await ada.sync()
    assert "12:00" not in await ada.free(tomorrow)


async def test_a_booking_with_a_colleague_refuses_another_one(
    ada: Connected, of_a_colleague: str, tomorrow: datetime
) -> None:
    """Also if the calendar is asked just before."""
    await ada.put(of_a_colleague, tomorrow)
    await ada.set_row("synced_at = now() - interval '5 minutes'")
    refused = await ada.world.reserve(ada.event_type, tomorrow)
    assert isinstance(refused, RefusedReservation)
    assert refused.rule == "calendar_busy"


async def test_an_own_booking_of_a_former_domain_is_free(
    ada: Connected, tomorrow: datetime
) -> None:
    """Its event was written before the public address changed."""
    meeting = Meeting(ada, tomorrow)
    await ada.set_row("writes = false")
    await meeting.apply("created", "moved")
    await ada.put(f"{meeting.booking_id}@former.example", tomorrow)
    await ada.sync()
    assert "12:00" in await ada.free(tomorrow)


@pytest.mark.parametrize("last", ["moved", "cancelled"])
async def test_what_is_left_of_an_own_booking_is_free(
    ada: Connected, tomorrow: datetime, last: str
) -> None:
    """Its event is at the first time, in other letter case, whatever became of the booking."""
    meeting = Meeting(ada, tomorrow)
    await ada.set_row("writes = false")
    await meeting.apply("created", last)
    await ada.put(meeting.uid.upper(), tomorrow)
    await ada.sync()
    assert "12:00" in await ada.free(tomorrow)
    await ada.set_row("synced_at = now() - interval '5 minutes'")
    assert isinstance(await ada.world.reserve(ada.event_type, tomorrow), Reservation)


@pytest.mark.parametrize(
    "uid",
    [
        f"{UID}@meet.example",
        f"{UID.replace('-', '')}@meet.example",
        f"{{{UID}}}@meet.example",
        "meeting@meet.example",
        "@meet.example",
    ],
)
async def test_other_uids_of_the_domain_are_busy(
    ada: Connected, tomorrow: datetime, uid: str
) -> None:
    """No booking of the host has them."""
    await ada.adapter.put_event(ada.calendar, f"{new_id()}@x", event(uid, tomorrow), None)
    await ada.sync()
    assert "12:00" not in await ada.free(tomorrow)


async def test_both_in_one_calendar(
    ada: Connected, of_a_colleague: str, tomorrow: datetime
) -> None:
    """Each by its own booking."""
    held = await ada.world.held(ada.event_type, tomorrow + 2 * HOUR)
    await ada.put(f"{held.booking_id}@meet.example", tomorrow + 4 * HOUR)
    await ada.put(of_a_colleague, tomorrow + 6 * HOUR)
    await ada.sync()
    free = await ada.free(tomorrow)
    assert {"12:00", "16:00"} <= set(free)
    assert not {"14:00", "18:00"} & set(free)
