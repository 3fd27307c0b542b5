"""Caller kinds of each route, statuses of each refusal."""

from typing import Any

import pytest

from linktime_availability.api.errors import STATUSES
from linktime_availability.api.routes import INTERNAL, PUBLIC
from linktime_availability.domain import errors
from linktime_availability.domain.errors import WHY_NOT
from linktime_availability.domain.slots import Rule
from linktime_common.errors import Refusal
from linktime_common.http.routes import Route
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

ROUTES = [*PUBLIC, *INTERNAL]
CALLERS = [
    ("gateway", CallerKind.API_KEY),
    ("gateway", CallerKind.PUBLIC),
    ("gateway", CallerKind.SCIM_TOKEN),
    ("gateway", CallerKind.SESSION),
    ("gateway", CallerKind.SERVICE),
    ("bookings", CallerKind.SERVICE),
    ("operator", CallerKind.OPERATOR),
]


def address(service: Running, route: Route) -> str:
    base = service.url if route in PUBLIC else service.internal_url
    return base + route.path.format(
        id=new_id(),
        host_id=new_id(),
        username="nobody",
        slug="none",
        date="2026-03-01",
        digest="none",
    )


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=named)
async def test_route_accepts_its_caller_kinds_only(service: Running, route: Route) -> None:
    """A wrong caller kind, or no identity, is an internal error: 503."""
    url = address(service, route)
    async with service.session.request(route.method, url) as response:
        assert response.status == 503
    for issuer, caller_kind in CALLERS:
        headers = service.identity(caller_kind, issuer=issuer, subject=new_id())
        async with service.session.request(route.method, url, headers=headers) as response:
            let_in = caller_kind in route.caller_kinds and (
                caller_kind is not CallerKind.SERVICE or issuer in route.issuers
            )
            assert (response.status != 503) == let_in, (issuer, caller_kind)


async def test_internal_description(service: Running) -> None:
    """It contains every public method and path once."""
    async with service.session.get(f"{service.internal_url}/internal/openapi.json") as response:
        body = await response.json()
    found = {(verb, path) for path, verbs in body["paths"].items() for verb in verbs}
    assert found == {(route.method.lower(), route.path) for route in PUBLIC}


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    """A refusal without a status would be a 500."""
    refusals = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    }
    assert refusals == set(STATUSES)
    assert len({refusal.sentence for refusal in refusals}) == len(refusals)


def test_every_rule_has_an_error_message() -> None:
    assert set(WHY_NOT) == set(Rule)


async def test_serve_is_ready_without_a_broker(service: Running) -> None:
    """Only processes with a consumer require the broker."""
    async with service.session.get(f"{service.internal_url}/readyz") as response:
        body: dict[str, Any] = await response.json()
    assert (response.status, body["checks"]) == (200, {"database": True})
