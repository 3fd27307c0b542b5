"""The internal API: reserve, confirm, free, list expired holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linktime_availability.use_cases import find_nearest
from linktime_common.contracts.internal_api.availability import (
    ExpiredReservations,
    RefusedReservation,
    Reservation,
)
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running


async def call(service: Running, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    async with service.session.request(
        method,
        f"{service.internal_url}/internal/reservations{path}",
        headers=service.identity(CallerKind.SERVICE, issuer="bookings"),
        json=body,
    ) as response:
        return response.status, await response.read()


@pytest.fixture
async def body(world: Any, tomorrow: datetime) -> dict[str, Any]:
    """A valid reserve request."""
    world.clock.instant = datetime.now(UTC)
    host = await world.host()
    event_type = await world.event_type(host.id)
    found: dict[str, Any] = world.request(event_type, tomorrow).model_dump(mode="json")
    return found


async def test_lifecycle(world: Any, service: Running, body: dict[str, Any]) -> None:
    """Reserve, repeat, confirm, free; then 410."""
    status, raw = await call(service, "POST", "", body)
    assert status == 200
    held = Reservation.model_validate_json(raw)
    assert str(held.reservation_id) == body["reservationId"]
    assert await call(service, "POST", "", body) == (200, raw)
    path = f"/{held.reservation_id}"
    assert (await call(service, "POST", f"{path}/confirm"))[0] == 200
    assert await world.statuses(held.reservation_id) == ["confirmed"]
    for _ in range(2):
        assert (await call(service, "POST", f"{path}/free"))[0] == 200
    assert await world.statuses(held.reservation_id) == ["freed"]
    assert (await call(service, "POST", f"{path}/confirm"))[0] == 410
    assert (await call(service, "POST", "", body))[0] == 410


async def test_refusal(service: Running, body: dict[str, Any]) -> None:
    """409 with the error message and the rule."""
    await call(service, "POST", "", body)
    status, raw = await call(service, "POST", "", body | {"reservationId": str(new_id())})
    assert status == 409
    refused = RefusedReservation.model_validate_json(raw)
    assert (refused.error, refused.rule) == ("This time is no longer available", "busy")
    status, raw = await call(service, "POST", "", body | {"bookingId": str(new_id())})
    assert status == 409
    assert RefusedReservation.model_validate_json(raw).rule == "id_reused"


async def test_refusal_has_the_nearest_free_starts(
    service: Running, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to five, as instants; none if the id was used."""
    monkeypatch.setattr(find_nearest, "SECONDS", 60)
    await call(service, "POST", "", body)
    status, raw = await call(service, "POST", "", body | {"reservationId": str(new_id())})
    assert status == 409
    refused = RefusedReservation.model_validate_json(raw)
    assert len(refused.nearest) == 5
    start = datetime.fromisoformat(body["startTime"])
    distances = [abs(one - start) for one in refused.nearest]
    assert distances == sorted(distances)
    _, raw = await call(service, "POST", "", body | {"bookingId": str(new_id())})
    assert RefusedReservation.model_validate_json(raw).nearest == []


async def test_unknown_event_type(service: Running, body: dict[str, Any]) -> None:
    """404, also for another host's event type and a malformed slug."""
    by_slug = body | {"eventTypeId": None, "eventTypeSlug": "none"}
    for wrong in (
        body | {"eventTypeId": str(new_id())},
        body | {"hostId": str(new_id())},
        by_slug,
        by_slug | {"eventTypeSlug": "a\x00b"},
    ):
        status, raw = await call(service, "POST", "", wrong)
        assert (status, raw) == (
            404,
            b'{"error":"Event type not found","code":"event_type_not_found"}',
        )


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("startTime", {"startTime": "2026-03-01T10:00:00"}),
        ("startTime", {"startTime": None}),
        ("reservationId", {"reservationId": "x"}),
        ("bookingId", {"bookingId": 5}),
        ("body", {"eventTypeId": None}),
        ("body", {"eventTypeSlug": "both"}),
        ("rescheduleMinutes", {"rescheduleMinutes": 0}),
        ("rescheduleMinutes", {"rescheduleMinutes": -30}),
        ("rescheduleMinutes", {"rescheduleMinutes": 1_441}),
    ],
)
async def test_invalid_request(
    service: Running, body: dict[str, Any], field: str, change: dict[str, Any]
) -> None:
    """400, and nothing is held."""
    status, raw = await call(service, "POST", "", body | change)
    assert status == 400
    assert f'"{field}":'.encode() in raw
    assert (await call(service, "POST", "", body))[0] == 200


async def test_confirm_unknown_reservation(service: Running) -> None:
    """404; freeing it succeeds, and refuses a later reserve."""
    unknown = new_id()
    for path in (f"/{unknown}", "/nonsense"):
        status, raw = await call(service, "POST", f"{path}/confirm")
        assert (status, raw) == (
            404,
            b'{"error":"Reservation not found","code":"reservation_not_found"}',
        )
    assert (await call(service, "POST", f"/{unknown}/free"))[0] == 200
    assert (await call(service, "POST", f"/{unknown}/confirm"))[0] == 410
    assert (await call(service, "POST", "/nonsense/free"))[0] == 404


async def test_list_expired(
    world: Any, service: Running, body: dict[str, Any], tomorrow: datetime
) -> None:
    """Oldest first, without unexpired, confirmed and freed ones."""
    made = []
    for number in range(4):
        again = body | {
            "reservationId": str(new_id()),
            "bookingId": str(new_id()),
            "startTime": (tomorrow + timedelta(hours=number)).isoformat(),
        }
        _, raw = await call(service, "POST", "", again)
        made.append(Reservation.model_validate_json(raw))
    async with world.database.connection() as connection:
        for number, held in enumerate(made[:3]):
            await connection.execute(
                "UPDATE reservations SET expires_at = now() - make_interval(mins => $2)"
                " WHERE id = $1",
                held.reservation_id,
                number + 1,
            )
    await call(service, "POST", f"/{made[0].reservation_id}/confirm")
    status, raw = await call(service, "GET", "?expired=true")
    assert status == 200
    ours = {held.reservation_id for held in made}
    listed = [
        one.reservation_id
        for one in ExpiredReservations.model_validate_json(raw).data
        if one.reservation_id in ours
    ]
    assert listed == [made[2].reservation_id, made[1].reservation_id]


@pytest.mark.parametrize("query", ["", "?expired=false", "?expired=1"])
async def test_list_requires_expired(service: Running, query: str) -> None:
    """Any other value of the parameter is 400."""
    status, raw = await call(service, "GET", query)
    assert status == 400
    assert b'"expired"' in raw
