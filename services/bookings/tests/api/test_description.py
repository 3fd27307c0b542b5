"""The service's route descriptions."""

import pytest

from linktime_bookings.api.routes import PUBLIC
from linktime_common.http.routes import Route


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route.method} {route.path}")
def test_idempotent_routes(route: Route) -> None:
    """Every write accepts an Idempotency-Key, reads do not."""
    assert route.operation is not None
    assert route.operation.idempotent is (route.method != "GET")
