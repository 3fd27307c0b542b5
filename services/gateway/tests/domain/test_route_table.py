"""Finding a route, and what the table may hold."""

import pytest

from linktime_common.identity import Door
from linktime_gateway.api.routes import BOOKING_WRITE_SECONDS, PUBLIC, SECONDS
from linktime_gateway.domain.route_table import Forward, RouteTable

TABLE = RouteTable(PUBLIC)


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_finds_itself(route: Forward) -> None:
    """A path made from a pattern leads to that pattern, for its method."""
    path = route.path.replace("{id}", "0190-a").replace("{slug}", "intro call")
    methods = TABLE.methods_at(path)
    assert methods is not None
    assert methods[route.method] is route


def test_head_is_answered_where_get_is() -> None:
    """HEAD leads to the GET route, and nowhere else."""
    methods = TABLE.methods_at("/api/v1/bookings/x")
    assert methods is not None
    assert set(methods) == {"GET", "HEAD"}
    assert methods["HEAD"] is methods["GET"]
    cancel = TABLE.methods_at("/api/v1/bookings/x/cancel")
    assert cancel is not None
    assert set(cancel) == {"POST"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/api/v1",
        "/api/v1/me/",
        "/API/v1/me",
        "/api/v1/bookings/a/b",
        "/api/v1/bookings/",
        "/api/v1/bookings/a/cancel/",
        "/api/v1/%2e%2e/internal",
        "/internal/users",
        "/metrics",
        "/healthz",
        "/readyz",
    ],
)
def test_everything_else_is_nowhere(path: str) -> None:
    """A path is in the table or it is not; there are no prefixes."""
    assert TABLE.methods_at(path) is None


def test_nothing_internal_is_in_the_table() -> None:
    """The public reaches the API and nothing that runs the service."""
    assert all(route.path.startswith("/api/") for route in PUBLIC)
    assert {route.door for route in PUBLIC} == {Door.API_KEY, Door.PUBLIC}
    assert [route.path for route in PUBLIC if route.door is Door.PUBLIC] == ["/api/bookings"]


def test_writes_of_bookings_may_take_longer() -> None:
    """The deadlines nest: bookings' own 3 s inside the gateway's 4 s; everything else has 3 s."""
    for route in PUBLIC:
        write = route.service == "bookings" and route.method == "POST"
        assert route.seconds == (BOOKING_WRITE_SECONDS if write else SECONDS)
    assert (SECONDS, BOOKING_WRITE_SECONDS) == (3, 4)


def test_declaring_a_route_twice_is_an_error() -> None:
    """The second would silently win."""
    route = Forward("GET", "/api/v1/me", "scim", Door.API_KEY, 3)
    with pytest.raises(ValueError, match="declared twice"):
        RouteTable([route, route])
