"""Long time limits for services under test, and a database of each module for some of them.

Tests about time limits use the fixture `product_time_limits`.
"""

from collections.abc import AsyncIterator

import pytest

from linktime_common.postgres import Database, connect
from linktime_local.testing.databases import FreshDsn, empty
from linktime_local.testing.time_limits import LONG_LIMITS, PRODUCT_LIMITS, set_limits


@pytest.fixture(autouse=True)
def _long_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    set_limits(monkeypatch, LONG_LIMITS)


@pytest.fixture
def product_time_limits(_long_limits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limits of production."""
    set_limits(monkeypatch, PRODUCT_LIMITS)


@pytest.fixture(scope="module")
async def module_dsn(fresh_dsn: FreshDsn) -> AsyncIterator[str]:
    """The database of the tests of a module; `fresh_dsn` is the service's."""
    async with fresh_dsn() as dsn:
        yield dsn


@pytest.fixture
async def dsn(module_dsn: str) -> str:
    """The module's database, without rows."""
    await empty(module_dsn)
    return module_dsn


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The module's database, without rows."""
    database = await connect(dsn, application_name="test")
    try:
        yield database
    finally:
        await database.close()
