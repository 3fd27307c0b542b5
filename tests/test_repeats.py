"""Every write of the route table accepts an Idempotency-Key."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from linktime_common.identity import CallerKind
from linktime_gateway.api.routes import OWN_FORWARDS
from linktime_gateway.clients.forwards import load_forwards
from linktime_gateway.domain.route_table import PAGES, Forward
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.hosts import Host

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
# A repeat of one of these signs in or out again, or fails because it has already.
SIGNING = {"/dashboard/api/session", "/dashboard/api/sessions"}
# A repeat requests another mail at most, or finds its link used.
ACCOUNT_LINKS = {
    "/dashboard/api/password/reset",
    "/dashboard/api/account/verification",
    "/dashboard/api/account/verify",
    "/dashboard/api/account/password",
}
WITHOUT_KEY = SIGNING | ACCOUNT_LINKS
REACHABLE = [
    route
    for route in (*load_forwards(), *OWN_FORWARDS)
    if route.caller_kind is not CallerKind.SCIM_TOKEN  # SCIM has no such header
    and not route.path.startswith(PAGES)  # nor have forms
]
ROUTES = [route for route in REACHABLE if route.method in WRITES and route.path not in WITHOUT_KEY]
NO_KEY = {"Idempotency-Key": "x" * 256}


@pytest.fixture(scope="module")
async def described(stack: Stack, http: aiohttp.ClientSession) -> Any:
    paths: dict[str, Any] = {}
    for name in ("openapi.json", "openapi-dashboard.json"):
        async with http.get(f"{stack.file.gateway}/{name}") as response:
            paths |= (await response.json())["paths"]
    return paths


@pytest.fixture(scope="module")
async def signed_up(stack: Stack, http: aiohttp.ClientSession) -> tuple[Host, Browser]:
    return await sign_up(stack, http)


@pytest.fixture(scope="module")
async def names(signed_up: tuple[Host, Browser]) -> dict[str, str]:
    """Return values for `{token}` and `{date}` in paths; ids are arbitrary."""
    host, _ = signed_up
    (event_type,) = (await host.call("GET", "/api/v1/event-types")).body["data"]
    start, *_ = await host.slots()
    invitee = {"inviteeName": "Zoë", "inviteeEmail": "zoe@example.com", "inviteeTimezone": "UTC"}
    body = {"eventTypeId": event_type["id"], "startTime": start, **invitee}
    booked = await host.call("POST", "/api/bookings", body)
    assert booked.status == 201, booked
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    return {"token": booked.body["manageUrl"].rpartition("/")[2], "date": tomorrow.isoformat()}


def test_what_is_left_out_exists() -> None:
    """An obsolete path must leave the list."""
    paths = {route.path for route in REACHABLE if route.method in WRITES}
    assert paths >= WITHOUT_KEY
    assert len(ROUTES) > len(WITHOUT_KEY)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_write_reads_its_idempotency_key(
    route: Forward, described: Any, signed_up: tuple[Host, Browser], names: dict[str, str]
) -> None:
    """An invalid key is refused with its field; a route without the check would write."""
    operation = described[route.path][route.method.lower()]
    assert KEY in operation["parameters"]
    content = operation.get("requestBody", {}).get("content", {})
    body = content["application/json"]["example"] if content else None
    path = re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], str(uuid4())), route.path)
    host, browser = signed_up
    caller = browser if route.caller_kind is CallerKind.SESSION else host
    answer = await caller.call(route.method, path, body, headers=NO_KEY)
    assert (answer.status, list(answer.body.get("details", {}))) == (400, ["Idempotency-Key"])
