"""Event types in the dashboard: created, changed, archived and restored by their host."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.locks import while_locked
from linktime_local.testing.services import Running

from .dashboard import dashboard
from .event_type_bodies import FULL, read

PATH = "event-types"
TAKEN = {"error": "An event type with this slug already exists", "code": "slug_taken"}
NOT_FOUND = (404, {"error": "Event type not found", "code": "event_type_not_found"})


async def made(service: Running, host_id: Any, **changes: Any) -> dict[str, Any]:
    status, body = await dashboard(service, host_id, "POST", PATH, FULL | changes)
    assert status == 201, body
    result: dict[str, Any] = body
    return result


async def test_create(world: Any, service: Running) -> None:
    """The response equals that of a read, in the dashboard and with an API key."""
    host = await world.host()
    body = await made(service, host.id)
    assert {name: body[name] for name in FULL if name != "questions"} == {
        name: value for name, value in FULL.items() if name != "questions"
    }
    assert [asked["id"] for asked in body["questions"]] == ["topic", "anything-else"]
    assert await dashboard(service, host.id, "GET", f"{PATH}/{body['id']}") == (200, body)
    assert await read(service, host.id, f"/{body['id']}") == (200, body)


async def test_create_for_new_user(world: Any, service: Running) -> None:
    """A host missing in the projection is read from the directory; 404 if missing there, too."""
    user = world.user()
    world.directory.users[user.id] = DirectoryUser(user=user, version=1)
    body = await made(service, user.id)
    assert body["schedule"]["weekly"]["monday"] == [["09:00", "17:00"]]
    answer = await dashboard(service, new_id(), "POST", PATH, FULL)
    assert answer == (404, {"error": "Host not found", "code": "host_not_found"})


async def test_list_includes_archived(world: Any, service: Running) -> None:
    """Oldest first, in pages; the list with an API key omits archived ones."""
    host = await world.host()
    for number in range(3):
        await made(service, host.id, slug=f"type-{number}", active=number != 1)
    _, body = await dashboard(service, host.id, "GET", PATH)
    assert [(one["slug"], one["active"]) for one in body["data"]] == [
        ("type-0", True),
        ("type-1", False),
        ("type-2", True),
    ]
    assert body["pagination"] == {"page": 1, "limit": 20, "total": 3, "totalPages": 1}
    _, body = await dashboard(service, host.id, "GET", PATH, page=2, limit=2)
    assert [one["slug"] for one in body["data"]] == ["type-2"]
    assert body["pagination"]["totalPages"] == 2
    _, body = await read(service, host.id)
    assert [one["slug"] for one in body["data"]] == ["type-0", "type-2"]
    status, body = await dashboard(service, host.id, "GET", PATH, limit="101")
    assert (status, list(body["details"])) == (400, ["limit"])


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_only_sent_fields_change(world: Any, service: Running, method: str) -> None:
    """One field at a time, and all fields of a read."""
    host = await world.host()
    before = await made(service, host.id)
    path = f"{PATH}/{before['id']}"
    for change in (
        {"name": "Long call"},
        {"slug": "long-call"},
        {"description": None},
        {"durationMinutes": 90},
        {"slotIntervalMinutes": 20},
        {"bufferBefore": 0, "bufferAfter": 1_440},
        {"minimumNoticeMinutes": 0, "maxDaysInAdvance": 730, "dailyLimit": None},
        {"location": "Room 5"},
        {"questions": []},
        {"reminderMinutes": []},
        {"reminderMinutes": [5, 43_200, 10, 20, 30]},
        {"active": False},
        {},
    ):
        status, after = await dashboard(service, host.id, method, path, change)
        expected = before | change
        expected["bookingUrl"] = f"https://meet.example/{host.username}/{expected['slug']}"
        assert (status, after) == (200, expected), change
        before = after
    assert await dashboard(service, host.id, method, path, before | {"name": "Sent back"}) == (
        200,
        before | {"name": "Sent back"},
    )
    assert await dashboard(service, host.id, "GET", path) == (200, before | {"name": "Sent back"})


async def test_null_resets_to_derived_default(world: Any, service: Running) -> None:
    """The slug from the name, the interval from the duration; also from values sent with null."""
    host = await world.host()
    path = f"{PATH}/{(await made(service, host.id))['id']}"
    change = {"slug": None, "slotIntervalMinutes": None}
    _, body = await dashboard(service, host.id, "PATCH", path, change)
    assert (body["slug"], body["slotIntervalMinutes"]) == ("intro-call", 45)
    change |= {"name": "Other words", "durationMinutes": 25}
    _, body = await dashboard(service, host.id, "PATCH", path, change)
    assert (body["slug"], body["slotIntervalMinutes"]) == ("other-words", 25)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": None}),
        ("name", {"name": " "}),
        ("name", {"name": "a\x00b"}),
        ("slug", {"slug": "Intro"}),
        ("slug", {"slug": "manage"}),
        ("slug", {"slug": ""}),
        ("durationMinutes", {"durationMinutes": None}),
        ("durationMinutes", {"durationMinutes": 0}),
        ("durationMinutes", {"durationMinutes": "30"}),
        ("slotIntervalMinutes", {"slotIntervalMinutes": 4}),
        ("bufferBefore", {"bufferBefore": None}),
        ("bufferAfter", {"bufferAfter": 10**30}),
        ("minimumNoticeMinutes", {"minimumNoticeMinutes": -1}),
        ("maxDaysInAdvance", {"maxDaysInAdvance": 731}),
        ("dailyLimit", {"dailyLimit": 0}),
        ("weeklyLimit", {"weeklyLimit": 1_001}),
        ("monthlyLimit", {"monthlyLimit": 1.5}),
        ("maxActivePerInvitee", {"maxActivePerInvitee": 0}),
        ("changeNoticeMinutes", {"changeNoticeMinutes": -1}),
        ("location", {"location": "x" * 501}),
        ("description", {"description": "x" * 5_001}),
        ("active", {"active": None}),
        ("active", {"active": "false"}),
        ("price", {"price": {"amount": 1, "currency": "EUR"}}),
        ("questions", {"questions": None}),
        ("questions.0.label", {"questions": [{"label": ""}]}),
        ("questions.0", {"questions": [{"label": "A", "type": "select"}]}),
        ("body", {"questions": [{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]}),
        ("reminderMinutes", {"reminderMinutes": None}),
        ("reminderMinutes", {"reminderMinutes": [60, 60]}),
        ("reminderMinutes", {"reminderMinutes": [5, 6, 7, 8, 9, 10]}),
        ("reminderMinutes.1", {"reminderMinutes": [60, 4]}),
        ("reminderMinutes.0", {"reminderMinutes": [43_201]}),
        ("reminderMinutes.0", {"reminderMinutes": ["60"]}),
        ("surprise", {"surprise": 1}),
        ("hostId", {"hostId": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071"}),
        ("body", []),
    ],
)
async def test_invalid_field(world: Any, service: Running, field: str, change: Any) -> None:
    """The field is named; nothing is created or changed."""
    host = await world.host()
    before = await made(service, host.id)
    path = f"{PATH}/{before['id']}"
    status, body = await dashboard(service, host.id, "PATCH", path, change)
    assert (status, body["error"]) == (400, "Invalid request data")
    assert list(body["details"]) == [field]
    assert body["details"][field]
    assert await dashboard(service, host.id, "GET", path) == (200, before)
    if isinstance(change, dict):
        new = FULL | {"slug": "new"} | change
        assert (await dashboard(service, host.id, "POST", PATH, new))[0] == 400
        assert (await dashboard(service, host.id, "GET", PATH))[1]["pagination"]["total"] == 1


@pytest.mark.parametrize("raw", ["{", "null", '"x"', '{"name": "\\ud800"}'])
async def test_malformed_body(world: Any, service: Running, raw: str) -> None:
    """Malformed JSON and wrong types are 400."""
    host = await world.host()
    path = f"{PATH}/{(await made(service, host.id))['id']}"
    for method, where in (("POST", PATH), ("PATCH", path), ("PUT", path)):
        assert (await dashboard(service, host.id, method, where, raw))[0] == 400


async def test_slug_is_unique(world: Any, service: Running) -> None:
    """Archived event types keep their slug; of two concurrent requests, one succeeds."""
    host, other = await world.host(), await world.host()
    await made(service, host.id, slug="taken", active=False)
    mine = await made(service, host.id, slug="mine")
    second = await made(service, host.id, slug="second")
    for method, path, body in (
        ("POST", PATH, FULL | {"slug": "taken"}),
        ("PATCH", f"{PATH}/{mine['id']}", {"slug": "taken"}),
    ):
        assert await dashboard(service, host.id, method, path, body) == (409, TAKEN)
    assert (await made(service, other.id, slug="taken"))["slug"] == "taken"
    answers = await asyncio.gather(
        *(
            dashboard(service, host.id, "PATCH", f"{PATH}/{one['id']}", {"slug": "free"})
            for one in (mine, second)
        )
    )
    assert sorted(status for status, _ in answers) == [200, 409]


async def test_concurrent_changes(world: Any, service: Running) -> None:
    """Changes of different fields are all kept."""
    host = await world.host()
    path = f"{PATH}/{(await made(service, host.id))['id']}"
    changes = [{"name": "A"}, {"location": "B"}, {"bufferBefore": 7}, {"dailyLimit": 9}]
    await asyncio.gather(*(dashboard(service, host.id, "PATCH", path, one) for one in changes))
    _, body = await dashboard(service, host.id, "GET", path)
    assert [body[name] for one in changes for name in one] == ["A", "B", 7, 9]


async def test_archive_and_restore(world: Any, service: Running) -> None:
    """Archiving removes the public page and slots; restoring brings them back."""
    host = await world.host()
    body = await made(service, host.id)
    path = f"{PATH}/{body['id']}"
    for active, status in ((False, 404), (True, 200)):
        assert (await dashboard(service, host.id, "PATCH", path, {"active": active}))[0] == 200
        async with service.session.get(
            f"{service.url}/api/v1/availability/{body['slug']}?timezone=UTC",
            headers=service.identity(CallerKind.API_KEY, subject=host.id),
        ) as response:
            assert response.status == status
    assert (await dashboard(service, host.id, "DELETE", path))[0] == 405


async def test_existing_booking_is_unaffected(world: Any, service: Running) -> None:
    """A new slug, duration and name apply to new bookings only."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    held = await world.held(event_type, datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    change = {"slug": "other", "name": "Other", "durationMinutes": 90, "bufferBefore": 60}
    path = f"{PATH}/{event_type.id}"
    assert (await dashboard(service, host.id, "PATCH", path, change))[0] == 200
    async with world.database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT starts_at, ends_at, buffer_before, snapshot FROM reservations WHERE id = $1",
            held.reservation_id,
        )
    assert (row["starts_at"], row["ends_at"]) == (held.start_time, held.end_time)
    assert row["buffer_before"] == 0
    assert row["snapshot"] == held.model_dump(mode="json")
    moved = await world.held(
        event_type,
        datetime(2026, 3, 2, 11, 0, tzinfo=UTC),
        booking_id=held.booking_id,
        reschedule_minutes=30,
    )
    assert (moved.end_time - moved.start_time).total_seconds() == 1_800


async def test_repeated_write(world: Any, service: Running) -> None:
    """The same key and body return the first response, also concurrently; another body is 422."""
    host, other = await world.host(), await world.host()
    answers = await asyncio.gather(
        *(dashboard(service, host.id, "POST", PATH, FULL, key="make") for _ in range(5))
    )
    (status, body) = answers[0]
    assert status == 201
    assert all(answer == (201, body) for answer in answers)
    assert (await dashboard(service, host.id, "GET", PATH))[1]["pagination"]["total"] == 1
    another = FULL | {"slug": "x"}
    assert (await dashboard(service, host.id, "POST", PATH, another, key="make"))[0] == 422
    assert (await dashboard(service, other.id, "POST", PATH, FULL, key="make"))[0] == 201

    path = f"{PATH}/{body['id']}"
    first = await dashboard(service, host.id, "PATCH", path, {"name": "First"}, key="change")
    await dashboard(service, host.id, "PATCH", path, {"name": "Later"})
    again = await dashboard(service, host.id, "PATCH", path, {"name": "First"}, key="change")
    assert first == again
    assert (await dashboard(service, host.id, "GET", path))[1]["name"] == "Later"

    taken = await dashboard(service, host.id, "POST", PATH, FULL, key="taken")
    await dashboard(service, host.id, "PATCH", path, {"slug": "elsewhere"})
    assert await dashboard(service, host.id, "POST", PATH, FULL, key="taken") == taken
    assert taken == (409, TAKEN)
    status, body = await dashboard(service, host.id, "POST", PATH, FULL, key="\u00e9")
    assert (status, list(body["details"])) == (400, ["Idempotency-Key"])


async def test_not_found(world: Any, service: Running) -> None:
    """Another host's id, an unknown and a malformed one are 404, and nothing changes."""
    host, other = await world.host(), await world.host()
    body = await made(service, host.id)
    for host_id, event_type_id in (
        (other.id, body["id"]),
        (host.id, UUID(int=0)),
        (host.id, "nonsense"),
        (host.id, "%00"),
    ):
        path = f"{PATH}/{event_type_id}"
        assert await dashboard(service, host_id, "GET", path) == NOT_FOUND
        for method in ("PATCH", "PUT"):
            assert await dashboard(service, host_id, method, path, {"name": "Mine"}) == NOT_FOUND
    assert await dashboard(service, host.id, "GET", f"{PATH}/{body['id']}") == (200, body)
    assert (await dashboard(service, other.id, "GET", PATH))[1]["data"] == []


@pytest.mark.usefixtures("product_time_limits")
async def test_write_that_waits_for_a_row_times_out(
    world: Any, service: Running, database: Database
) -> None:
    """503 by the deadline, nothing changes, and the repeat with the key succeeds."""
    host = await world.host()
    path = f"{PATH}/{(await made(service, host.id))['id']}"
    lock = f"SELECT FROM event_types WHERE host_id = '{host.id}' FOR UPDATE"
    change = dashboard(service, host.id, "PATCH", path, {"active": False}, key="k")
    async with database.connection() as connection:
        assert (await while_locked(connection, lock, change))[0] == 503
    assert (await dashboard(service, host.id, "GET", path))[1]["active"]
    again = await dashboard(service, host.id, "PATCH", path, {"active": False}, key="k")
    assert (again[0], again[1]["active"]) == (200, False)
