"""What the service says of its own routes."""

import pytest

from linktime_bookings.api.routes import PUBLIC
from linktime_common.http.routes import Route


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route.method} {route.path}")
def test_writes_can_be_repeated(route: Route) -> None:
    """Every POST takes an Idempotency-Key, and nothing else does."""
    assert route.operation is not None
    assert route.operation.idempotent is (route.method == "POST")
