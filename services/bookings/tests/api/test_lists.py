"""Lists of bookings: order, pages, filters and totals, for hosts and the operator."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability

from linktime_common.contracts.internal_api.resync import BookingPage
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

HOUR = timedelta(hours=1)


async def _starts(host: Caller, **query: str) -> list[str]:
    reply = await host.get("", **query)
    assert reply.status == 200, reply.body
    return [item["startTime"] for item in reply.body["data"]]


async def test_newest_start_first_in_pages(host: Caller) -> None:
    """In any order of creation; a page past the end is empty and has the total."""
    for number in (2, 0, 4, 1, 3):
        await host.booked(slot(number))
    newest_first = [wire(slot(number)) for number in (4, 3, 2, 1, 0)]
    assert await _starts(host) == newest_first
    assert await _starts(host, page="2", limit="2") == newest_first[2:4]
    for page in ("4", "9007199254740991"):
        reply = await host.get("", page=page, limit="2")
        assert reply.body == {
            "data": [],
            "pagination": {
                "page": int(page),
                "limit": 2,
                "total": 5,
                "totalPages": 3,
                "nextCursor": None,
            },
        }


async def test_empty_list(host: Caller) -> None:
    """It has zero pages."""
    assert (await host.get("")).body == {
        "data": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "totalPages": 0, "nextCursor": None},
    }


async def test_the_same_start_is_ordered_by_id(host: Caller) -> None:
    """A cancelled booking and its successor share a start; no page repeats one."""
    ids = []
    for _ in range(3):
        ids.append(await host.booked(slot(0)))
        await host.post(f"/{ids[-1]}/cancel")
    pages = [(await host.get("", page=str(page), limit="1")).body["data"] for page in (1, 2, 3)]
    assert [item["id"] for (item,) in pages] == sorted(ids)


async def test_status_filter(host: Caller) -> None:
    """In any letter case; data and totals follow changes of status."""
    kept = await host.booked(slot(0))
    gone = await host.booked(slot(1))
    await host.post(f"/{gone}/cancel")
    await host.post(f"/{kept}/reschedule", {"newStartTime": wire(slot(5))})
    for status, wanted in (
        ("confirmed", [kept]),
        ("CANCELLED", [gone]),
        ("All", [kept, gone]),
        ("CONFIRMED", [kept]),
    ):
        body = (await host.get("", status=status)).body
        assert [item["id"] for item in body["data"]] == wanted
        assert body["pagination"]["total"] == len(wanted)


async def test_from_is_included_and_to_is_not(host: Caller) -> None:
    """Instants limit the start time and the total."""
    for number in range(5):
        await host.booked(slot(number))
    query = {"from": wire(slot(1)), "to": wire(slot(3))}
    for status in ("all", "confirmed"):
        body = (await host.get("", status=status, limit="1", **query)).body
        assert [item["startTime"] for item in body["data"]] == [wire(slot(2))]
        assert body["pagination"]["total"] == 2
    assert len(await _starts(host, **{"from": wire(slot(4))})) == 1
    assert len(await _starts(host, to=wire(slot(1)))) == 1
    assert await _starts(host, **{"from": wire(slot(1)), "to": wire(slot(1))}) == []


async def test_offset_with_a_space_for_plus(host: Caller) -> None:
    """An unencoded `+` in a query is decoded as a space."""
    for number in range(3):
        await host.booked(slot(number))
    plus = {"from": slot(1).astimezone(timezone(2 * HOUR)).isoformat()}
    assert "+02:00" in plus["from"]
    blank = {"from": plus["from"].replace("+", " ")}
    assert await _starts(host, **blank) == await _starts(host, **plus)
    assert len(await _starts(host, **blank)) == 2


async def test_a_bare_date_is_a_whole_utc_day(host: Caller, availability: FakeAvailability) -> None:
    """`to` as a date includes that day's last half hour and not the next midnight."""
    midnight = datetime(2031, 3, 2, tzinfo=UTC)
    for start in (midnight - HOUR / 2, midnight, midnight + 23.5 * HOUR, midnight + 24 * HOUR):
        await host.booked(start)
    day = "2031-03-02"
    assert len(await _starts(host, **{"from": day, "to": day})) == 2
    assert len(await _starts(host, **{"from": day})) == 3
    assert len(await _starts(host, to=day)) == 3
    assert len(await _starts(host, to="9999-12-31", **{"from": "0001-01-01"})) == 4


NOT_AN_INSTANT = "Expected an ISO 8601 date and time such as 2026-03-01T14:00:00Z"
WRONG: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"page": "0"}, {"page": "Must be at least 1"}),
    ({"page": "x"}, {"page": "Expected a whole number"}),
    ({"limit": "0"}, {"limit": "Must be at least 1"}),
    ({"limit": "101"}, {"limit": "Must be at most 100"}),
    ({"limit": "9.5"}, {"limit": "Expected a whole number"}),
    ({"status": "gone"}, {"status": "Must be one of: CONFIRMED, CANCELLED, all"}),
    ({"status": "conf\u0131rmed"}, {"status": "Must be one of: CONFIRMED, CANCELLED, all"}),
    ({"to": "2026-03-01T10:00:00+00:60"}, {"to": NOT_AN_INSTANT}),
    ({"status": ""}, {"status": "Must be one of: CONFIRMED, CANCELLED, all"}),
    ({"from": "yesterday"}, {"from": "Expected a date such as 2026-03-01"}),
    ({"to": "2026-02-30"}, {"to": "Expected a date such as 2026-03-01"}),
    ({"from": "2026-03-01T10:00"}, {"from": "The time needs an offset, such as Z or +02:00"}),
    ({"from": "2026-03-02", "to": "2026-03-01"}, {"from": "Must not be after to"}),
    (
        {"from": "2026-03-02T00:00:01Z", "to": "2026-03-02T00:00:00Z"},
        {"from": "Must not be after to"},
    ),
    ({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01"}, {"from": "Must not be after to"}),
]


async def test_invalid_parameter(host: Caller) -> None:
    """400 with the parameter named; unknown ones are ignored."""
    for query, details in WRONG:
        reply = await host.get("", **query)
        wanted: Any = {
            "error": "Invalid request data",
            "code": "invalid_request",
            "details": details,
        }
        assert (reply.status, reply.body) == (400, wanted), query
    assert (await host.get("", colour="blue")).status == 200


async def test_operator_list(
    host: Caller, service: Running, availability: FakeAvailability, event_type: EventType
) -> None:
    """All hosts' bookings by id, in pages, with versions; for the operator only."""
    ids = [await host.booked(slot(number)) for number in range(5)]
    await host.post(f"/{ids[3]}/cancel")
    walked, after = [], None
    while True:
        query = {"limit": "2"} | ({} if after is None else {"after": str(after)})
        page = BookingPage.model_validate(await _internal(service, query))
        walked += page.data
        after = page.next_after
        if after is None:
            break
    assert [str(entry.booking.id) for entry in walked] == ids
    assert [entry.booking.status for entry in walked].count("CANCELLED") == 1
    assert all(entry.version > 0 for entry in walked)
    identity = service.identity(CallerKind.API_KEY, subject=host.host_id)
    async with service.session.get(
        f"{service.internal_url}/internal/bookings", headers=identity
    ) as response:
        assert response.status == 503


async def _internal(service: Running, query: dict[str, str]) -> Any:
    async with service.session.get(
        f"{service.internal_url}/internal/bookings",
        headers=service.identity(CallerKind.OPERATOR, issuer="operator"),
        params=query,
    ) as response:
        assert response.status == 200
        return await response.json()
