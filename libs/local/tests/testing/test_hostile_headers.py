"""The measure of the time for hostile headers."""

import re

from linktime_local.testing.hostile_headers import slowest

BACKTRACKING = re.compile(" *x")


async def test_quadratic_work_is_found_and_linear_work_is_not() -> None:
    """A search that backtracks at each blank; a copy of the value."""

    async def search(value: str) -> None:
        BACKTRACKING.search(value * 3)

    async def copy(value: str) -> None:
        value.upper()

    found = await slowest(search, "accept")
    assert found is not None
    assert found.startswith("  ")
    assert await slowest(copy, "accept") is None
