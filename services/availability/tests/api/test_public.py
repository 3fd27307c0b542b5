"""Requests of a booking page: a host, an event type, a month of slots."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from linktime_availability.api.public import PublicEventTypeDetail, PublicHostPage
from linktime_common.contracts.internal_api.availability import Slots
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

BRAND = {
    "accentColour": None,
    "contrastColours": None,
    "logoUrl": None,
    "welcomeText": None,
    "embedSites": [],
}
QUESTION = {"id": "q", "label": "Why?", "type": "text", "required": True, "options": []}


async def read(service: Running, path: str, **query: str) -> tuple[int, Any]:
    async with service.session.get(
        f"{service.url}/api/public/{path}",
        headers=service.identity(CallerKind.PUBLIC),
        params=query,
    ) as response:
        return response.status, await response.json()


async def test_host_page(world: Any, service: Running) -> None:
    """Active event types, oldest first, with public fields only."""
    host = await world.host(timezone="Asia/Tokyo")
    first = await world.event_type(host.id, description="Hello", buffer_before=5)
    second = await world.event_type(host.id, duration_minutes=45)
    await world.event_type(host.id, active=False)
    await world.event_type((await world.host()).id)
    status, body = await read(service, host.username)
    assert status == 200
    assert body == {
        "username": host.username,
        "name": host.name,
        "timezone": "Asia/Tokyo",
        "brand": BRAND,
        "eventTypes": [
            {
                "id": str(first.id),
                "name": "Intro call",
                "slug": first.slug,
                "description": "Hello",
                "durationMinutes": 30,
                "location": "Phone",
                "price": None,
                "bookingUrl": f"https://meet.example/{host.username}/{first.slug}",
            },
            body["eventTypes"][1],
        ],
    }
    assert body["eventTypes"][1]["id"] == str(second.id)
    assert PublicHostPage.model_validate(body).model_dump(mode="json") == body


async def test_a_host_without_event_types_has_an_empty_page(world: Any, service: Running) -> None:
    """In the projection, or in the directory only."""
    host = await world.host()
    newcomer = world.user()
    world.directory.users[newcomer.id] = DirectoryUser(user=newcomer, version=1)
    for username in (host.username, newcomer.username):
        status, body = await read(service, username)
        assert (status, body["username"], body["eventTypes"]) == (200, username, [])


async def test_event_type_page(world: Any, service: Running) -> None:
    """Questions and host, but no buffers, notice or hours."""
    host = await world.host()
    event_type = await world.event_type(host.id, questions=[QUESTION], buffer_after=15)
    status, body = await read(service, f"{host.username}/{event_type.slug}")
    assert status == 200
    assert body == {
        "id": str(event_type.id),
        "name": "Intro call",
        "slug": event_type.slug,
        "description": None,
        "durationMinutes": 30,
        "location": "Phone",
        "price": None,
        "bookingUrl": f"https://meet.example/{host.username}/{event_type.slug}",
        "questions": [QUESTION],
        "host": {"username": host.username, "name": host.name, "timezone": "UTC"},
        "brand": BRAND,
    }
    assert PublicEventTypeDetail.model_validate(body).model_dump(mode="json") == body


async def test_month_of_slots(world: Any, service: Running, tomorrow: datetime) -> None:
    """The same response as with the host's API key, in the documented shape."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    query = {
        "timezone": "Europe/Berlin",
        "startDate": f"{tomorrow:%Y-%m-%d}",
        "endDate": f"{tomorrow + timedelta(days=30):%Y-%m-%d}",
    }
    status, body = await read(service, f"{host.username}/{event_type.slug}/slots", **query)
    assert status == 200
    assert len({row["date"] for row in body["data"]}) == 31
    assert Slots.model_validate(body).model_dump(mode="json") == body
    async with service.session.get(
        f"{service.url}/api/v1/availability/{event_type.slug}",
        headers=service.identity(CallerKind.API_KEY, subject=host.id),
        params=query,
    ) as response:
        assert await response.json() == body


@pytest.mark.parametrize("path", ["", "/{slug}", "/{slug}/slots"])
async def test_unknown_or_inactive_host(world: Any, service: Running, path: str) -> None:
    """The same 404 for both, on all paths."""
    inactive = await world.host(active=False)
    slug = (await world.event_type(inactive.id)).slug
    for username in (
        inactive.username,
        "nobody-here",
        "Nobody",
        "x",
        "%00",
        "x" * 5_000,
        "bookings",
    ):
        answer = await read(service, username + path.format(slug=slug), timezone="UTC")
        assert answer == (404, {"error": "Host not found", "code": "host_not_found"})


@pytest.mark.parametrize("path", ["", "/slots"])
async def test_event_type_not_found(world: Any, service: Running, path: str) -> None:
    """The same 404 for archived, another host's, unknown and malformed slugs."""
    host = await world.host()
    archived = await world.event_type(host.id, active=False)
    anothers = await world.event_type((await world.host()).id)
    for slug in (archived.slug, anothers.slug, "none", "None", "%00", "x" * 5_000):
        answer = await read(service, f"{host.username}/{slug}{path}", timezone="UTC")
        assert answer == (404, {"error": "Event type not found", "code": "event_type_not_found"})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "timezone"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "UTC", "startDate": "soon"}, "startDate"),
        ({"timezone": "UTC", "startDate": "2026-03-02", "endDate": "2026-03-01"}, "endDate"),
        ({"timezone": "UTC", "startDate": "2026-03-01", "endDate": "2026-05-02"}, "endDate"),
    ],
)
async def test_invalid_parameter(
    world: Any, service: Running, query: dict[str, str], field: str
) -> None:
    """400 as with an API key."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    status, body = await read(service, f"{host.username}/{event_type.slug}/slots", **query)
    assert (status, list(body["details"])) == (400, [field])
