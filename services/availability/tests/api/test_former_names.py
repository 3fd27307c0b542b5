"""Event types and hosts by names in another letter case, and by names that they had."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


async def read(service: Running, path: str, host_id: Any = None, **query: str) -> tuple[int, Any]:
    """GET as the public, or with the host's API key."""
    kind = CallerKind.PUBLIC if host_id is None else CallerKind.API_KEY
    async with service.session.get(
        f"{service.url}/api/{path}",
        headers=service.identity(kind, subject=host_id),
        params=query,
    ) as response:
        return response.status, await response.json()


async def change(service: Running, event_type: Any, body: Any, status: int = 200) -> Any:
    """PATCH as the host."""
    async with service.session.patch(
        f"{service.url}/dashboard/api/event-types/{event_type.id}",
        headers=service.identity(CallerKind.SESSION, subject=event_type.host_id),
        json=body,
    ) as response:
        answer = await response.json()
        assert response.status == status, answer
        return answer


async def slugs_found(service: Running, host: Any, slug: str) -> set[str]:
    """Return the slugs in the answers of every route that takes one."""
    zone = {"timezone": "UTC"}
    answers = [
        await read(service, f"public/{host.username}/{slug}"),
        await read(service, f"public/{host.username}/{slug}/slots", **zone),
        await read(service, f"v1/availability/{slug}", host.id, **zone),
    ]
    assert {status for status, _body in answers} <= {200, 404}
    return {
        body.get("eventType", body)["slug"] if status == 200 else "none" for status, body in answers
    }


async def test_names_match_in_any_letter_case(world: Any, service: Running) -> None:
    """The bodies contain the stored ones."""
    host = await world.host(username="ada-lovelace")
    event_type = await world.event_type(host.id, slug="intro-call")
    status, page = await read(service, "public/Ada-LOVELACE")
    assert (status, page["username"]) == (200, "ada-lovelace")
    assert await slugs_found(service, host, "Intro-Call") == {event_type.slug}
    status, body = await read(service, "public/ADA-LOVELACE/INTRO-CALL")
    assert (status, body["host"]["username"]) == (200, "ada-lovelace")


async def test_a_former_slug_names_the_event_type(world: Any, service: Running) -> None:
    """Until another event type of the host has it; the bodies contain the present one."""
    host, other = await world.host(), await world.host()
    event_type = await world.event_type(host.id, slug="first")
    await change(service, event_type, {"slug": "second"})
    await change(service, event_type, {"slug": "third"})
    for slug in ("first", "SECOND", "third"):
        assert await slugs_found(service, host, slug) == {"third"}, slug
    assert await slugs_found(service, other, "first") == {"none"}
    reused = await world.event_type(host.id, slug="first")
    assert await slugs_found(service, host, "first") == {"first"}
    await change(service, reused, {"slug": "fourth"})
    assert await slugs_found(service, host, "first") == {"fourth"}
    await change(service, event_type, {"slug": "second"})
    assert await slugs_found(service, host, "second") == {"second"}
    assert await slugs_found(service, host, "third") == {"second"}
    await change(service, event_type, {"active": False})
    assert await slugs_found(service, host, "second") == {"none"}


async def test_slots_of_a_move_by_a_former_slug(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """A slug of the booking's own event type only."""
    host = await world.host()
    event_type, other = [await world.event_type(host.id, slug=slug) for slug in ("one", "two")]
    world.clock.instant = tomorrow - timedelta(hours=1)
    booked = await world.held(event_type, tomorrow)
    await change(service, event_type, {"slug": "three"})
    await change(service, other, {"slug": "four"})
    query = {"timezone": "UTC", "bookingId": str(booked.booking_id)}
    for slug, expected in (("one", 200), ("ONE", 200), ("three", 200), ("two", 404), ("four", 404)):
        assert (await read(service, f"v1/availability/{slug}", host.id, **query))[0] == expected


async def test_a_derived_slug_is_no_former_one(world: Any, service: Running) -> None:
    """Links with the former slug stay those of the event type that had it."""
    host = await world.host()
    event_type = await world.event_type(host.id, slug="intro-call")
    await change(service, event_type, {"slug": "renamed"})
    second = await world.event_type(host.id, slug="second")
    answer = await change(service, second, {"name": "Intro call", "slug": None})
    assert answer["slug"] == "intro-call-2"
    assert await slugs_found(service, host, "intro-call") == {"renamed"}
    answer = await change(service, event_type, {"name": "Intro call", "slug": None})
    assert answer["slug"] == "intro-call"


@pytest.mark.parametrize("slug", ["Before", "before"])
async def test_a_reservation_by_a_former_slug_can_be_repeated(
    world: Any, service: Running, tomorrow: datetime, slug: str
) -> None:
    """A repeat after a lost answer finds the first one."""
    host = await world.host()
    event_type = await world.event_type(host.id, slug="before")
    await change(service, event_type, {"slug": "after"})
    world.clock.instant = tomorrow - timedelta(hours=1)
    by_slug = {"event_type_id": None, "event_type_slug": slug}
    body = world.request(event_type, tomorrow, **by_slug).model_dump(mode="json")
    for _repeat in range(2):
        async with service.session.post(
            f"{service.internal_url}/internal/reservations",
            headers=service.identity(CallerKind.SERVICE, issuer="bookings"),
            json=body,
        ) as response:
            answer = await response.json()
            assert (response.status, answer["eventType"]["slug"]) == (200, "after"), answer


async def test_a_former_username_is_found_in_the_directory(world: Any, service: Running) -> None:
    """The directory answers with the account as it is now."""
    user = world.user(username="ada-now")
    world.directory.users[user.id] = DirectoryUser(user=user, version=1)
    world.directory.former["ada-before"] = user.id
    status, page = await read(service, "public/Ada-Before")
    assert (status, page["username"]) == (200, "ada-now")
