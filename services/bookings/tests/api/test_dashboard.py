"""The host's bookings with a dashboard session."""

from typing import Any

from services.bookings.tests.calls import Caller, Reply, slot, wire

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


async def dashboard(
    service: Running, host_id: Any, method: str, path: str, body: Any = None, *, key: str = ""
) -> Reply:
    headers = service.identity(CallerKind.SESSION, subject=host_id)
    if key:
        headers["Idempotency-Key"] = key
    url = f"{service.url}/dashboard/api/bookings{path}"
    async with service.session.request(method, url, headers=headers, json=body) as response:
        return Reply(response.status, await response.json(), response.headers)


async def test_session_equals_key(host: Caller) -> None:
    """The same list and detail; changes are recorded as the host's."""
    first, second = await host.booked(slot(0)), await host.booked(slot(2))
    listed = await dashboard(host.service, host.host_id, "GET", "?status=confirmed")
    assert listed.body == (await host.get("", status="CONFIRMED")).body
    seen = await dashboard(host.service, host.host_id, "GET", f"/{first}")
    assert seen.body == (await host.get(f"/{first}")).body
    for _ in range(2):
        body = {"newStartTime": wire(slot(4)), "reason": "A clash"}
        path = f"/{first}/reschedule"
        moved = await dashboard(host.service, host.host_id, "POST", path, body, key="m")
        assert (moved.status, moved.body) == (200, {"success": True})
    cancelled = await dashboard(host.service, host.host_id, "POST", f"/{second}/cancel")
    assert cancelled.status == 200
    for booking_id, change in ((first, "rescheduled"), (second, "cancelled")):
        line = (await host.get(f"/{booking_id}")).body["history"][-1]
        assert (line["type"], line["by"]) == (change, "host")


async def test_another_users_session(host: Caller, stranger: Caller) -> None:
    """404 for each route with an id, an empty list, and nothing changes."""
    booking_id = await host.booked(slot(0))
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/cancel", {}),
        ("POST", "/reschedule", {"newStartTime": wire(slot(2))}),
    ):
        reply = await dashboard(
            host.service, stranger.host_id, method, f"/{booking_id}{path}", body
        )
        assert (reply.status, reply.body) == (
            404,
            {"error": "Booking not found", "code": "booking_not_found"},
        )
    listed = await dashboard(host.service, stranger.host_id, "GET", "")
    assert listed.body["pagination"]["total"] == 0
    assert (await host.get(f"/{booking_id}")).body["status"] == "CONFIRMED"


async def test_a_key_does_not_open_the_dashboard(host: Caller) -> None:
    """Nor does a session open the API-key routes."""
    key = host.service.identity(CallerKind.API_KEY, subject=host.host_id)
    session = host.service.identity(CallerKind.SESSION, subject=host.host_id)
    for path, headers in (("/dashboard/api/bookings", key), ("/api/v1/bookings", session)):
        async with host.service.session.get(f"{host.service.url}{path}", headers=headers) as reply:
            assert reply.status == 503
