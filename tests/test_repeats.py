"""Every write takes an Idempotency-Key: read off the route table and the served description."""

from typing import Any

import pytest
from tests.hosts import Host

from linktime_gateway.api.routes import OWN_FORWARDS, PUBLIC
from linktime_gateway.domain.route_table import Forward

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
# Who repeats one of these is signed in or out by it once more, or is told that they are not.
SIGNING = {"/dashboard/api/session", "/dashboard/api/sessions"}


def writes() -> list[Forward]:
    return [route for route in (*PUBLIC, *OWN_FORWARDS) if route.method in WRITES]


@pytest.fixture
async def described(host: Host) -> Any:
    return (await host.call("GET", "/openapi.json")).body["paths"]


async def test_every_write_is_described_with_an_idempotency_key(described: Any) -> None:
    """A new write without one fails here; the description is made of what answers it."""
    missing = []
    for route in writes():
        operation = described[route.path][route.method.lower()]
        if KEY not in operation.get("parameters", []) and route.path not in SIGNING:
            missing.append(f"{route.method} {route.path}")
    assert missing == []
