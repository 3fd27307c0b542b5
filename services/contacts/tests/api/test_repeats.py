"""Writes repeated with their Idempotency-Key."""

import asyncio
from uuid import uuid4

from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.locks import while_locked

from .calls import Call, Get, Told

PATH = "/api/v1/contacts"
ZOE = {"name": "Zoë", "email": "zoe@example.com"}


async def test_a_repeated_creation_gets_the_first_answer(call: Call, told: Told) -> None:
    """Also ten at once; with another body 422, under another key the conflict, which is kept."""
    owner_id = new_id()
    answers = await asyncio.gather(*(call(owner_id, "POST", PATH, ZOE, key="k") for _ in range(10)))
    assert [status for status, _ in answers] == [201] * 10
    assert all(answer == answers[0] for answer in answers)
    assert len(await told(owner_id)) == 1
    status, body = await call(owner_id, "POST", PATH, ZOE | {"name": "Z"}, key="k")
    assert (status, list(body)) == (422, ["error"])
    assert (await call(owner_id, "POST", PATH, ZOE, key="other"))[0] == 409
    await call(owner_id, "DELETE", f"{PATH}/{answers[0][1]['id']}")
    assert (await call(owner_id, "POST", PATH, ZOE, key="other"))[0] == 409


async def test_a_creation_goes_on_with_its_id_after_a_crash(call: Call, stored: Database) -> None:
    """What the first attempt chose before it died is what the repeat makes."""
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
    """The first answer again, whatever has happened since; a deletion is a 200 again."""
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


async def test_told_again_with_the_same_key_is_answered_as_the_first_time(call: Call) -> None:
    """201 again, where without a key it would be 200."""
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
    """Somebody else's same key is another request."""
    one = await call(new_id(), "POST", PATH, ZOE, key="k")
    two = await call(new_id(), "POST", PATH, ZOE, key="k")
    assert (one[0], two[0]) == (201, 201)
    assert one[1]["id"] != two[1]["id"]


async def test_a_body_too_deep_to_compare_is_refused(call: Call) -> None:
    """Where no body is read, a key still needs one that can be told from others."""
    raw = b"[" * 600 + b"]" * 600
    path = f"{PATH}/{uuid4()}"
    assert (await call(new_id(), "DELETE", path, raw=raw))[0] == 404
    assert (await call(new_id(), "DELETE", path, raw=raw, key="k"))[0] == 400


async def test_a_write_that_waits_for_a_row_is_cut_off(
    call: Call, get: Get, stored: Database
) -> None:
    """503 in its time, nothing is changed, and the repeat with its key goes through."""
    owner_id = new_id()
    _, contact = await call(owner_id, "POST", PATH, ZOE)
    path, lock = f"{PATH}/{contact['id']}", "SELECT FROM contacts FOR UPDATE"
    change = (owner_id, "PATCH", path, {"notes": "one"})
    async with stored.connection() as connection:
        assert (await while_locked(connection, lock, call(*change, key="k")))[0] == 503
    assert (await get(owner_id, f"/contacts/{contact['id']}"))[1]["notes"] is None
    status, changed = await call(*change, key="k")
    assert (status, changed["notes"]) == (200, "one")
