"""Route matching and the contents of the route table."""

import re

import pytest

from linktime_common.identity import CallerKind
from linktime_gateway.api.routes import OWN_FORWARDS
from linktime_gateway.clients.forwards import load_forwards
from linktime_gateway.domain.limits import Limit
from linktime_gateway.domain.route_table import Forward, RouteTable
from linktime_gateway.settings import GatewaySettings

FORWARDS = load_forwards()
PUBLIC = [one for one in FORWARDS if one.caller_kind is not CallerKind.SCIM_TOKEN]
SCIM = [one for one in FORWARDS if one.caller_kind is CallerKind.SCIM_TOKEN]
ALL = [*FORWARDS, *OWN_FORWARDS]
TABLE = RouteTable(ALL)


@pytest.mark.parametrize("route", ALL, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_finds_itself(route: Forward) -> None:
    """A path made from a pattern matches that pattern, for its method."""
    path = re.sub(r"\{(\w+)\}", r"a \1", route.path)
    methods = TABLE.methods_at(path)
    assert methods is not None
    assert methods[route.method] is route


def test_head_matches_the_get_route() -> None:
    """And no other."""
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
def test_other_paths_do_not_match(path: str) -> None:
    """There are no prefix matches."""
    assert TABLE.methods_at(path) is None


def test_no_internal_path_is_in_the_table() -> None:
    """Only the API is public."""
    assert {route.caller_kind for route in PUBLIC} == {
        CallerKind.API_KEY,
        CallerKind.PUBLIC,
        CallerKind.SESSION,
    }
    for route in PUBLIC:
        if route.caller_kind is CallerKind.SESSION:
            assert route.path.startswith("/dashboard/api/")
        elif route.caller_kind is CallerKind.PUBLIC:
            assert route.path == "/api/bookings" or route.path.startswith("/api/public/")
        else:
            assert route.path.startswith(("/api/v1/", "/api/ingest/"))


def test_only_scim_routes_are_under_the_scim_root() -> None:
    """And no SCIM route is elsewhere."""
    assert {(route.caller_kind, route.service) for route in SCIM} == {
        (CallerKind.SCIM_TOKEN, "scim")
    }
    assert all(f"{route.path}/".startswith("/api/scim/v2/") for route in SCIM)
    assert not [route for route in (*PUBLIC, *OWN_FORWARDS) if "scim/v2" in route.path]


def test_every_forward_has_a_service_with_a_url() -> None:
    """Without one, requests would fail."""
    with_address = {name.removesuffix("_url") for name in GatewaySettings.model_fields}
    assert {route.service for route in FORWARDS} <= with_address


OWN_SECONDS = {
    ("POST", "/dashboard/api/calendar-feed"): 3,  # asks no other service
    ("PUT", "/dashboard/api/brand/logo"): 8.5,  # a picture is decoded within 8 s
}


def test_writes_of_bookings_may_take_longer() -> None:
    """Bookings' own 3 s are within the gateway's 4 s; most routes have 3 s.

    A calendar server is asked for up to 8 s when an account is connected or synchronised.
    """
    for route in FORWARDS:
        write = route.service == "bookings" and route.method == "POST"
        asks_calendar = route.path.startswith("/dashboard/api/calendar-accounts")
        asks_calendar = asks_calendar and route.method in {"POST", "PATCH"}
        usual = 4 if write else 9.5 if asks_calendar else 3
        assert route.seconds == OWN_SECONDS.get((route.method, route.path), usual), route


@pytest.mark.parametrize("turned", [False, True])
def test_a_name_beats_a_parameter(turned: bool) -> None:
    """`bookings` cannot be a username; the order in the table does not matter."""
    table = [
        Forward("GET", "/p/{username}/{slug}", "availability", CallerKind.PUBLIC, 3),
        Forward("GET", "/p/bookings/{token}", "bookings", CallerKind.PUBLIC, 3),
        Forward("GET", "/p/{username}/{slug}/slots", "availability", CallerKind.PUBLIC, 3),
        Forward("POST", "/p/bookings/{token}/cancel", "bookings", CallerKind.PUBLIC, 3),
    ]
    routes = RouteTable(reversed(table) if turned else table)

    def service(path: str) -> str:
        methods = routes.methods_at(path)
        assert methods is not None
        (found,) = {route.service for route in methods.values()}
        return found

    assert service("/p/bookings/intro") == "bookings"
    assert service("/p/bookings/slots/cancel") == "bookings"
    assert service("/p/ada/intro") == "availability"
    assert service("/p/ada/intro/slots") == "availability"


def test_declaring_a_route_twice_is_an_error() -> None:
    """Otherwise the second would replace the first silently."""
    route = Forward("GET", "/api/v1/me", "scim", CallerKind.API_KEY, 3)
    with pytest.raises(ValueError, match="declared twice"):
        RouteTable([route, route])


@pytest.mark.parametrize(
    ("method", "path", "caller_kind", "limit"),
    [
        ("GET", "/api/v1/me", CallerKind.API_KEY, Limit.API_KEY),
        ("POST", "/api/v1/bookings", CallerKind.API_KEY, Limit.API_KEY),
        ("DELETE", "/api/scim/v2/Users/{id}", CallerKind.SCIM_TOKEN, Limit.SCIM),
        ("POST", "/api/bookings", CallerKind.PUBLIC, Limit.PUBLIC_BOOKINGS),
        ("GET", "/api/public/{username}", CallerKind.PUBLIC, Limit.PUBLIC_READS),
        ("GET", "/api/public/bookings/{token}", CallerKind.PUBLIC, Limit.PUBLIC_READS),
        ("POST", "/api/public/bookings/{token}/cancel", CallerKind.PUBLIC, Limit.PUBLIC_BOOKINGS),
        ("PUT", "/api/public/bookings/{token}/reminders", CallerKind.PUBLIC, Limit.PUBLIC_BOOKINGS),
        ("GET", "/dashboard/api/contacts", CallerKind.SESSION, Limit.SESSION),
        ("POST", "/dashboard/api/session", CallerKind.PUBLIC, None),
        ("POST", "/dashboard/api/password/reset", CallerKind.PUBLIC, Limit.PUBLIC_BOOKINGS),
        ("PUT", "/dashboard/api/password", CallerKind.SESSION, Limit.SESSION),
    ],
)
def test_the_limit_of_a_route_follows_from_its_caller_kind(
    method: str, path: str, caller_kind: CallerKind, limit: Limit | None
) -> None:
    """Writes of invitees count as public bookings; no route is without a limit."""
    assert Forward(method, path, "bookings", caller_kind, 3.0).limit is limit
