"""Every handler of every service, with the checked-in message of its event, on a real database."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from documents.build import ASYNCAPI, ROOT
from documents.event_examples import examples_in
from tests.test_declarations import CONSUMERS

from linktime_common.contracts.events import EVENTS, Event
from linktime_common.errors import Refusal
from linktime_common.messaging.applying import BatchHandler, Handler
from linktime_common.migrate import migrate
from linktime_common.postgres import Connection, Database, connect
from linktime_local.testing.databases import TemplateDatabases

EXAMPLES = examples_in(json.loads((ROOT / ASYNCAPI).read_text("utf-8")))
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"


def handled() -> Iterator[Any]:
    """Yield each pair of a service and an event that it consumes."""
    for name in CONSUMERS:
        for event in EVENTS:
            if name in event.consumers:
                yield pytest.param(name, event, id=f"{name}: {event.routing_key()}")


async def apply(database: Database, handle: Handler | BatchHandler, event: Event) -> None:
    """Handle the event as the consumer does; it may wait for another event."""
    try:
        async with database.transaction() as connection:
            if isinstance(handle, BatchHandler):
                await handle.handle(connection, [event])
            else:
                await handle(connection, event)
    except Refusal:
        return


async def contents(connection: Connection) -> dict[str, list[str]]:
    """Return all rows of all tables, as texts."""
    found = {}
    for row in await connection.fetch(TABLES):
        table = row["table_name"]
        rows = await connection.fetch(f'SELECT t::text AS row FROM "{table}" AS t')
        found[table] = sorted(one["row"] for one in rows)
    return found


@pytest.mark.parametrize(("name", "event"), [*handled()])
async def test_a_repeated_event_changes_nothing(
    template_databases: TemplateDatabases, name: str, event: type[Event]
) -> None:
    """The broker may deliver an event again, after the inbox has forgotten it."""
    service = importlib.import_module(f"linktime_{name}.app").SERVICE
    handle = importlib.import_module(f"linktime_{name}.consumers").HANDLERS[event]
    message = event.from_envelope(EXAMPLES[event.routing_key()])

    async def bring_up(dsn: str) -> None:
        await migrate(dsn, *service.migrations)

    async with template_databases.fresh(f"{name}_events", bring_up) as dsn:
        database = await connect(dsn, application_name="test")
        try:
            await apply(database, handle, message)
            async with database.connection() as connection:
                before = await contents(connection)
            await apply(database, handle, message)
            async with database.connection() as connection:
                assert await contents(connection) == before
        finally:
            await database.close()
