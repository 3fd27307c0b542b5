"""Event types over HTTP: created by the operator, read by their host."""

import asyncio
import json
from io import BytesIO
from typing import Any

import pytest

from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .event_type_bodies import FULL, read


async def make(service: Running, host_id: Any, body: Any) -> tuple[int, Any]:
    """POST as the operator; a `str` body is sent unchanged."""
    async with service.session.post(
        f"{service.internal_url}/internal/hosts/{host_id}/event-types",
        headers={
            **service.identity(CallerKind.OPERATOR, issuer="operator"),
            "Content-Type": "application/json",
        },
        data=BytesIO((body if isinstance(body, str) else json.dumps(body)).encode()),
    ) as response:
        return response.status, await response.json()


async def test_read_equals_created(world: Any, service: Running) -> None:
    """All fields, with the host's schedule and the booking page's address."""
    host = await world.host()
    status, made = await make(service, host.id, FULL)
    assert status == 201
    assert made == {"id": made["id"], "slug": "intro-call"}
    status, body = await read(service, host.id, f"/{made['id']}")
    assert status == 200
    always = [["00:00", "24:00"]]
    assert body == FULL | {
        "id": made["id"],
        "price": None,
        "bookingUrl": f"https://meet.example/{host.username}/intro-call",
        "createdAt": body["createdAt"],
        "questions": [
            FULL["questions"][0],  # type: ignore[index]
            {
                "id": "anything-else",
                "label": "Anything else?",
                "type": "text",
                "required": False,
                "options": [],
            },
        ],
        "schedule": {
            "timezone": "UTC",
            "weekly": dict.fromkeys(
                ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
                always,
            ),
            "overrides": {},
        },
    }
    assert body["createdAt"].endswith("Z")


async def test_defaults(world: Any, service: Running) -> None:
    """Only name and duration are required."""
    host = await world.host()
    _, made = await make(service, host.id, {"name": "  Kaffee & Küche! ", "durationMinutes": 20})
    assert made["slug"] == "kaffee-kuche"
    _, body = await read(service, host.id, f"/{made['id']}")
    assert body["name"] == "Kaffee & Küche!"
    defaults = {
        "description": None,
        "slotIntervalMinutes": 20,
        "bufferBefore": 0,
        "bufferAfter": 0,
        "minimumNoticeMinutes": 60,
        "maxDaysInAdvance": 60,
        "dailyLimit": None,
        "reminderMinutes": [1_440, 60],
        "location": None,
        "questions": [],
        "active": True,
    }
    assert {name: body[name] for name in defaults} == defaults


async def test_read_only_fields_are_ignored(world: Any, service: Running) -> None:
    """A response with another slug can be sent as a new event type."""
    host = await world.host()
    _, made = await make(service, host.id, FULL)
    _, body = await read(service, host.id, f"/{made['id']}")
    status, copy = await make(service, host.id, body | {"slug": "copy"})
    assert status == 201
    assert copy["id"] != made["id"]


async def test_slug_is_unique_per_host(world: Any, service: Running) -> None:
    """If it is sent; archived or not; another host may have the same."""
    host, other = await world.host(), await world.host()
    assert (await make(service, host.id, FULL | {"active": False}))[0] == 201
    status, answer = await make(service, host.id, FULL)
    assert status == 409
    assert answer == {"error": "An event type with this slug already exists", "code": "slug_taken"}
    assert (await make(service, other.id, FULL))[0] == 201


async def test_derived_slug_is_not_reserved(world: Any, service: Running) -> None:
    """A reserved name gets a suffix."""
    host = await world.host()
    status, made = await make(service, host.id, {"name": "Embed", "durationMinutes": 5})
    assert (status, made["slug"]) == (201, "embed-meeting")
    status, made = await make(service, host.id, {"name": "日本語", "durationMinutes": 5})
    assert (status, made["slug"]) == (201, "meeting")


async def test_derived_slugs_are_unique_in_any_script(world: Any, service: Running) -> None:
    """Made one after the other, at once, and by a change; archived ones count."""
    host = await world.host()
    names = ["日本語の会議", "中文会议", "Intro call", "Intro  call!", "x" * 80, "x" * 81]
    made = [
        await make(
            service, host.id, {"name": name, "durationMinutes": 5, "active": number % 2 == 0}
        )
        for number, name in enumerate(names)
    ]
    assert [body["slug"] for _status, body in made] == [
        "meeting",
        "meeting-2",
        "intro-call",
        "intro-call-2",
        "x" * 60,
        "x" * 58 + "-2",
    ]
    together = await asyncio.gather(
        *(make(service, host.id, {"name": "встреча", "durationMinutes": 5}) for _ in range(5))
    )
    assert {body["slug"] for _status, body in together} == {f"meeting-{n}" for n in range(3, 8)}


async def test_questions_in_any_script_have_ids_of_their_own(world: Any, service: Running) -> None:
    """Labels that give one id get numbers, also equal ones."""
    host = await world.host()
    questions = [{"label": "お名前"}, {"label": "会社"}, {"label": "?", "id": "meeting-2"}]
    questions += [{"label": "T"}, {"label": "t"}, {"label": "T"}]
    _, made = await make(service, host.id, FULL | {"questions": questions})
    _, body = await read(service, host.id, f"/{made['id']}")
    ids = ["meeting", "meeting-3", "meeting-2", "t", "t-2", "t-3"]
    assert [one["id"] for one in body["questions"]] == ids


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", "  "),
        ("name", "x" * 201),
        ("name", "a\x00b"),
        ("name", 5),
        ("slug", "Intro"),
        ("slug", "-intro"),
        ("slug", "a/b"),
        ("slug", "x" * 61),
        ("slug", "embed"),
        ("slug", ""),
        ("description", "x" * 5_001),
        ("durationMinutes", None),
        ("durationMinutes", 4),
        ("durationMinutes", 1_441),
        ("durationMinutes", "30"),
        ("durationMinutes", 30.5),
        ("durationMinutes", True),
        ("durationMinutes", 10**30),
        ("slotIntervalMinutes", 0),
        ("bufferBefore", -1),
        ("bufferAfter", 1_441),
        ("minimumNoticeMinutes", -1),
        ("maxDaysInAdvance", 731),
        ("dailyLimit", 0),
        ("location", ["Phone"]),
        ("active", "yes"),
        ("price", {"amount": 1, "currency": "EUR"}),
        ("surprise", 1),
        ("questions", {}),
        ("questions.0.label", [{"label": ""}]),
        ("questions.0.type", [{"label": "A", "type": "number"}]),
        ("questions.0.extra", [{"label": "A", "extra": 1}]),
        ("questions.0", [{"label": "A", "type": "select"}]),
        ("questions.0", [{"label": "A", "options": ["B"]}]),
        ("body", [{"label": "A", "id": "a"}, {"label": "B", "id": "a"}]),
    ],
)
async def test_invalid_field(world: Any, service: Running, field: str, value: Any) -> None:
    """400 in the shape of validation errors, and nothing is created."""
    host = await world.host()
    name = "questions" if field == "body" else field.split(".", maxsplit=1)[0]
    status, body = await make(service, host.id, FULL | {name: value})
    assert status == 400
    assert body["error"] == "Invalid request data"
    assert list(body["details"]) == [field]
    assert body["details"][field]
    assert (await read(service, host.id))[1]["pagination"]["total"] == 0


@pytest.mark.parametrize("body", ["[]", "null", "5", '"x"'])
async def test_body_is_not_an_object(world: Any, service: Running, body: str) -> None:
    """400 as a validation error of the body."""
    status, answer = await make(service, (await world.host()).id, body)
    assert status == 400
    assert answer["details"] == {"body": "Expected an object"}


async def test_malformed_json_and_large_body(world: Any, service: Running) -> None:
    """400 and 413."""
    host = await world.host()
    assert (await make(service, host.id, "{"))[0] == 400
    assert (await make(service, host.id, f'{{"name": "{"x" * 1024 * 1024}"}}'))[0] == 413


async def test_host_must_exist(world: Any, service: Running) -> None:
    """404 if missing in the directory; a host of the directory is added to the projection."""
    for host_id in (new_id(), "nonsense"):
        status, body = await make(service, host_id, FULL)
        assert (status, body) == (404, {"error": "Host not found", "code": "host_not_found"})
    user = world.user()
    world.directory.users[user.id] = DirectoryUser(user=user, version=1)
    status, made = await make(service, user.id, FULL)
    assert status == 201
    _, body = await read(service, user.id, f"/{made['id']}")
    assert body["schedule"]["weekly"]["sunday"] == []
    assert body["schedule"]["weekly"]["monday"] == [["09:00", "17:00"]]


async def test_list(world: Any, service: Running) -> None:
    """Active event types, oldest first, in pages, with the fields of lists."""
    host = await world.host()
    slugs = [f"type-{number}" for number in range(5)]
    for slug in slugs:
        await make(service, host.id, FULL | {"slug": slug, "active": slug != "type-3"})
    _, body = await read(service, host.id)
    assert [one["slug"] for one in body["data"]] == ["type-0", "type-1", "type-2", "type-4"]
    assert body["pagination"] == {"page": 1, "limit": 20, "total": 4, "totalPages": 1}
    assert set(body["data"][0]) == {
        "id",
        "name",
        "slug",
        "description",
        "durationMinutes",
        "active",
        "price",
        "bookingUrl",
        "createdAt",
    }
    _, body = await read(service, host.id, page=2, limit=3)
    assert [one["slug"] for one in body["data"]] == ["type-4"]
    assert body["pagination"] == {"page": 2, "limit": 3, "total": 4, "totalPages": 2}
    status, body = await read(service, host.id, page=2**70)
    assert (status, body["data"]) == (200, [])


async def test_list_of_unknown_user_is_empty(service: Running) -> None:
    """An API key may be used before the event of its owner arrives."""
    status, body = await read(service, new_id())
    assert status == 200
    assert body == {
        "data": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "totalPages": 0},
    }


@pytest.mark.parametrize(
    ("name", "value"), [("page", "0"), ("page", "x"), ("limit", "101"), ("limit", "0")]
)
async def test_invalid_page(service: Running, name: str, value: str) -> None:
    """400 with the parameter named."""
    status, body = await read(service, new_id(), **{name: value})
    assert (status, list(body["details"])) == (400, [name])


async def test_detail_is_for_its_host_only(world: Any, service: Running) -> None:
    """404 for another host's, an unknown and a malformed id; archived ones are returned."""
    host, other = await world.host(), await world.host()
    _, made = await make(service, host.id, FULL | {"active": False})
    assert (await read(service, host.id, f"/{made['id']}"))[1]["active"] is False
    for host_id, path in (
        (other.id, made["id"]),
        (host.id, new_id()),
        (host.id, "nonsense"),
        (host.id, "%00"),
    ):
        status, body = await read(service, host_id, f"/{path}")
        assert (status, body) == (
            404,
            {"error": "Event type not found", "code": "event_type_not_found"},
        )
