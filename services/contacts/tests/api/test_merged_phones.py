"""Phone numbers of merged contacts, and whose threads and calls they lead to."""

from collections.abc import Callable
from typing import Any

import pytest

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.ids import new_id

from .calls import Call, Get, Resync

Booking = Callable[..., BookingState]
PATH = "/api/v1/contacts"
FIRST, SECOND, THIRD = "+4930111111", "+4930222222", "+4930333333"


async def spoke(call: Call, owner_id: Any, *phones: str) -> None:
    """Ingest a message and a call of each number."""
    for phone in phones:
        ingested = {"source": "x", "direction": "INBOUND", "contactPhone": phone}
        message = {"channel": "SMS", "ourPhone": "+4930999999", "sentAt": "2026-03-01T09:00:00Z"}
        spoken = {"startedAt": "2026-03-01T09:00:00Z", "durationSeconds": 1, "status": "COMPLETED"}
        for path, body in (
            ("messages", message | {"externalMessageId": phone, "body": "Hi"}),
            ("calls", spoken | {"externalCallId": phone}),
        ):
            status, _ = await call(owner_id, "POST", f"/api/ingest/{path}", ingested | body)
            assert status == 201


async def numbers_of(get: Get, owner_id: Any, contact_id: str) -> set[str]:
    """Return the numbers whose threads show the contact; calls show the same one."""
    threads = (await get(owner_id, "/conversations"))[1]["data"]
    calls = (await get(owner_id, "/calls"))[1]["data"]
    found = {one["contactPhone"] for one in threads if one["contactId"] == contact_id}
    assert found == {one["callerPhone"] for one in calls if one["contactId"] == contact_id}
    return found


async def merged(call: Call, owner_id: Any, kept_phone: str | None, other_phone: str) -> str:
    """Return the contact into which another one was merged."""
    ids = []
    for name, phone in (("ann", kept_phone), ("lee", other_phone)):
        body = {"name": name, "email": f"{name}@example.com", "phone": phone}
        ids.append((await call(owner_id, "POST", PATH, body))[1]["id"])
    assert (await call(owner_id, "POST", f"{PATH}/{ids[0]}/merge", {"contactId": ids[1]}))[0] == 200
    return str(ids[0])


async def phones_of(get: Get, owner_id: Any, contact_id: str) -> tuple[str | None, list[str]]:
    detail = (await get(owner_id, f"/contacts/{contact_id}"))[1]
    return detail["phone"], detail["otherPhones"]


async def test_a_phone_that_became_the_contacts_own_ends_with_its_change(
    call: Call, get: Get
) -> None:
    """A merge that filled the empty phone keeps no second trace of the number."""
    owner_id = new_id()
    await spoke(call, owner_id, FIRST, SECOND)
    kept = await merged(call, owner_id, None, FIRST)
    assert await phones_of(get, owner_id, kept) == (FIRST, [])
    assert await numbers_of(get, owner_id, kept) == {FIRST}
    assert (await call(owner_id, "PATCH", f"{PATH}/{kept}", {"phone": SECOND}))[0] == 200
    assert await numbers_of(get, owner_id, kept) == {SECOND}


async def test_a_number_kept_by_both_is_the_contacts_own(call: Call, get: Get) -> None:
    """Also if the other contact had it of an earlier merge."""
    owner_id = new_id()
    await spoke(call, owner_id, FIRST, SECOND, THIRD)
    earlier = await merged(call, owner_id, SECOND, FIRST)
    body = {"name": "Bo", "email": "bo@example.com", "phone": FIRST}
    kept = (await call(owner_id, "POST", PATH, body))[1]["id"]
    await call(owner_id, "POST", f"{PATH}/{kept}/merge", {"contactId": earlier})
    assert await phones_of(get, owner_id, kept) == (FIRST, [SECOND])
    assert await numbers_of(get, owner_id, kept) == {FIRST, SECOND}
    await call(owner_id, "PATCH", f"{PATH}/{kept}", {"phone": THIRD})
    assert await numbers_of(get, owner_id, kept) == {SECOND, THIRD}


@pytest.mark.parametrize("by", ["change", "import", "booking"])
async def test_another_phone_can_become_the_contacts_own(
    call: Call, get: Get, resync: Resync, booking: Booking, by: str
) -> None:
    """It is no longer one of the others, and the number before is not the contact's any more."""
    owner_id = new_id()
    await spoke(call, owner_id, FIRST, SECOND, THIRD)
    kept = await merged(call, owner_id, FIRST, SECOND)
    assert await numbers_of(get, owner_id, kept) == {FIRST, SECOND}
    if by == "change":
        await call(owner_id, "PATCH", f"{PATH}/{kept}", {"phone": SECOND})
    elif by == "import":
        csv = f"name,email,phone\nAnn,ann@example.com,{SECOND}\n"
        assert (await call(owner_id, "POST", f"{PATH}/import", {"csv": csv}))[0] == 200
    else:
        await call(owner_id, "PATCH", f"{PATH}/{kept}", {"phone": None})
        assert await numbers_of(get, owner_id, kept) == {SECOND}
        await resync(booking(owner_id, invitee_email="ann@example.com", invitee_phone=SECOND))
    assert await phones_of(get, owner_id, kept) == (SECOND, [])
    assert await numbers_of(get, owner_id, kept) == {SECOND}
    await call(owner_id, "PATCH", f"{PATH}/{kept}", {"phone": THIRD})
    assert await numbers_of(get, owner_id, kept) == {THIRD}
