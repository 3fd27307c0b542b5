"""Writes repeated with the same Idempotency-Key."""

import asyncio
from uuid import uuid4

import pytest

from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.locks import while_locked

from .calls import Call, Get, PendingEvents

PATH = "/api/v1/contacts"
ZOE = {"name": "Zoë", "email": "zoe@example.com"}


async def test_a_repeated_creation_gets_the_first_response(
    call: Call, pending_events: PendingEvents
) -> None:
    """Also ten concurrent ones; another body gets 422, another key a stored conflict."""
    owner_id = new_id()
    answers = await asyncio.gather(*(call(owner_id, "POST", PATH, ZOE, key="k") for _ in range(10)))
    assert [status for status, _ in answers] == [201] * 10
    assert all(answer == answers[0] for answer in answers)
    assert len(await pending_events(owner_id)) == 1
    status, body = await call(owner_id, "POST", PATH, ZOE | {"name": "Z"}, key="k")
    assert (status, list(body)) == (422, ["error", "code"])
    assert (await call(owner_id, "POST", PATH, ZOE, key="other"))[0] == 409
    await call(owner_id, "DELETE", f"{PATH}/{answers[0][1]['id']}")
    assert (await call(owner_id, "POST", PATH, ZOE, key="other"))[0] == 409


async def test_a_repeat_after_a_crash_uses_the_first_id(call: Call, stored: Database) -> None:
    """The id that the first attempt stored before the crash."""
    owner_id, chosen = new_id(), new_id()
    await call(owner_id, "POST", PATH, ZOE, key="k")
    async with stored.connection() as connection:
        await connection.execute("DELETE FROM contacts WHERE owner_id = $1", owner_id)
        await connection.execute(
            "UPDATE idempotency_records SET status = NULL, answer = NULL,"
            " claimed_until = '-infinity', memory = $2 WHERE scope = $1",
            f"user {owner_id}",
            {"contact": str(chosen)},
        )
    status, contact = await call(owner_id, "POST", PATH, ZOE, key="k")
    assert (status, contact["id"]) == (201, str(chosen))


async def test_changes_and_deletions_repeat(call: Call, get: Get) -> None:
    """The first response, regardless of later changes; a repeated deletion is a 200."""
    owner_id = new_id()
    _, contact = await call(owner_id, "POST", PATH, ZOE)
    path = f"{PATH}/{contact['id']}"
    first = await call(owner_id, "PATCH", path, {"notes": "one"}, key="k")
    await call(owner_id, "PATCH", path, {"notes": "two"})
    assert await call(owner_id, "PATCH", path, {"notes": "one"}, key="k") == first
    assert (await get(owner_id, f"/contacts/{contact['id']}"))[1]["notes"] == "two"
    for _ in range(2):
        assert await call(owner_id, "DELETE", path, key="d") == (200, {"success": True})
    for _ in range(2):
        assert (await call(owner_id, "DELETE", path, key="e"))[0] == 404


async def test_a_repeated_ingestion_gets_the_first_response(call: Call) -> None:
    """201 again; without a key it is 200."""
    owner_id = new_id()
    body = {
        "source": "twilio",
        "externalCallId": "c1",
        "direction": "INBOUND",
        "startedAt": "2026-03-01T09:00:00Z",
        "durationSeconds": 1,
        "status": "FAILED",
    }
    first = await call(owner_id, "POST", "/api/ingest/calls", body, key="k")
    assert first[0] == 201
    assert await call(owner_id, "POST", "/api/ingest/calls", body, key="k") == first
    assert await call(owner_id, "POST", "/api/ingest/calls", body) == (200, first[1])


async def test_a_key_belongs_to_its_owner(call: Call) -> None:
    """The same key of another owner is another request."""
    one = await call(new_id(), "POST", PATH, ZOE, key="k")
    two = await call(new_id(), "POST", PATH, ZOE, key="k")
    assert (one[0], two[0]) == (201, 201)
    assert one[1]["id"] != two[1]["id"]


async def test_a_body_too_deep_to_compare_is_refused(call: Call) -> None:
    """With a key, the body is compared even where the handler reads none."""
    raw = b"[" * 600 + b"]" * 600
    path = f"{PATH}/{uuid4()}"
    assert (await call(new_id(), "DELETE", path, raw=raw))[0] == 404
    assert (await call(new_id(), "DELETE", path, raw=raw, key="k"))[0] == 400


@pytest.mark.usefixtures("product_time_limits")
async def test_a_write_that_waits_for_a_row_times_out(
    call: Call, get: Get, stored: Database
) -> None:
    """503, nothing is changed, and the repeat with its key succeeds."""
    owner_id = new_id()
    _, contact = await call(owner_id, "POST", PATH, ZOE)
    path, lock = f"{PATH}/{contact['id']}", "SELECT FROM contacts FOR UPDATE"
    change = (owner_id, "PATCH", path, {"notes": "one"})
    async with stored.connection() as connection:
        assert (await while_locked(connection, lock, call(*change, key="k")))[0] == 503
    assert (await get(owner_id, f"/contacts/{contact['id']}"))[1]["notes"] is None
    status, changed = await call(*change, key="k")
    assert (status, changed["notes"]) == (200, "one")
