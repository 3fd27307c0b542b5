"""`linktime doctor` reports what does not work although every process is ready."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
from tests.hosts import Host, rows
from tests.restored import ghosts
from tests.restored.damage import booked
from tests.stacks import paused

from linktime_operator.operations.doctor import Diagnosis, diagnose
from linktime_operator.stack.stack import Stack

HOLD = """
    UPDATE reservations
       SET status = 'held', expires_at = now() - interval '1 hour'
     WHERE booking_id = $1
"""
CONFIRM = "UPDATE reservations SET status = 'confirmed', expires_at = NULL WHERE booking_id = $1"
KEY = "UPDATE api_keys SET expires_at = now() + interval '10 days' WHERE user_id = $1"
FORGET_MIGRATION = """
    UPDATE schema_migrations
       SET name = '9999_later.sql'
     WHERE source = 'linktime_contacts/migrations'
       AND name = (SELECT max(name)
                     FROM schema_migrations
                    WHERE source = 'linktime_contacts/migrations')
    RETURNING (SELECT max(name)
                 FROM schema_migrations
                WHERE source = 'linktime_contacts/migrations')
"""
REMEMBER_MIGRATION = """
    UPDATE schema_migrations
       SET name = $1
     WHERE source = 'linktime_contacts/migrations'
       AND name = '9999_later.sql'
"""


async def examined(stack: Stack, http: aiohttp.ClientSession, folder: Path) -> Diagnosis:
    urls = {name: service.internal_url for name, service in stack.file.services.items()}
    return await diagnose(http, urls, stack.file, folder, stack.clients)


@asynccontextmanager
async def old_event(stack: Stack) -> AsyncIterator[None]:
    """Leave an event in the outbox of contacts."""
    event = uuid4()
    await rows(stack, "contacts", ghosts.OLD_EVENT, event)
    yield
    await rows(stack, "contacts", "DELETE FROM outbox WHERE event_id = $1", event)


async def test_a_healthy_system_has_no_problem(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Each consumer's queue has a subscription."""
    found = await examined(stack, http, tmp_path)
    assert found.problems == []
    states = {name: one.state for name, one in found.services.items()}
    subscribed = {name: one.subscriptions for name, one in states.items() if one is not None}
    assert subscribed.pop("scim") is None
    assert all(subscribed.values()), subscribed


async def test_old_events_and_other_schemas_are_problems(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Of a migration that the database lacks, and one that the code lacks."""
    async with AsyncExitStack() as undo:
        await undo.enter_async_context(old_event(stack))
        ((name,),) = await rows(stack, "contacts", FORGET_MIGRATION)
        undo.push_async_callback(rows, stack, "contacts", REMEMBER_MIGRATION, name)
        found = await examined(stack, http, tmp_path)
    lacking, newer, waiting = found.problems
    source = "linktime_contacts/migrations"
    assert lacking == (
        f"The database of contacts lacks {source}/{name}: run the migrations of contacts."
    )
    assert newer == (
        f"The database of contacts is of a newer version: it has {source}/9999_later.sql."
    )
    assert waiting.startswith("Events of contacts wait to be published (1), the oldest for 1")


async def test_keys_that_end_soon_are_a_warning(
    stack: Stack, http: aiohttp.ClientSession, host: Host, tmp_path: Path
) -> None:
    """Within 14 days; everything is well otherwise."""
    await rows(stack, "gateway", KEY, host.id)
    found = await examined(stack, http, tmp_path)
    assert found.warnings == ["API keys end within 14 days (1)."]
    assert found.ok
    await rows(stack, "gateway", "DELETE FROM api_keys WHERE user_id = $1", host.id)


async def test_overdue_holds_are_a_problem(
    stack: Stack, http: aiohttp.ClientSession, host: Host, tmp_path: Path
) -> None:
    """While bookings, which settles them, hangs."""
    booking = await booked(host, (await host.slots())[0])
    async with paused(stack, "bookings"):
        await rows(stack, "availability", HOLD, booking)
        found = await examined(stack, http, tmp_path)
        await rows(stack, "availability", CONFIRM, booking)
    assert "Holds are overdue (1): bookings has not settled them for a minute or more." in (
        found.problems
    )
