"""An odd message never blocks those behind it."""

import logging
from datetime import UTC, datetime
from typing import Any

import aio_pika
import pytest

from linktime_common.messaging import parked
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.parked import ParkedRow
from linktime_common.postgres import Connection, Database
from linktime_local.testing.waiting import eventually

from .notes import PARKED, Noted, Readers, channel_to, effects, event, running, send, value

NUL = "no\x00te"


async def _publish(url: str, link: BrokerLink, body: bytes, **properties: Any) -> None:
    """Publish as a foreign sender."""
    await link.wait_until_up()
    async with channel_to(url) as channel:
        exchange = await channel.get_exchange(link.topology.events_exchange, ensure=False)
        await exchange.publish(aio_pika.Message(body, **properties), Noted.routing_key())


async def _taken_in(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def _parked(database: Database) -> list[ParkedRow]:
    async with database.connection() as connection:
        return await parked.list_parked(connection, 10)


async def _are_parked(database: Database, number: int) -> bool:
    return await value(database, PARKED) == number


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (b"{}", {"message_id": f"{NUL} 1"}),
        (b"{}", {"headers": {"note": NUL}}),
        (b"{}", {"headers": {NUL: 1}}),
        (b"{}", {"headers": {"note": {"deep": [NUL, [NUL]]}}}),
        (b"{}", {"headers": {"note": datetime.now(UTC), "long": "x" * 50_000}}),
        (b'{"dataschema": "urn:linktime:' + b"x" * 5000 + b'\\u0000"}', {}),
        (b'{"dataschema": "urn:linktime:note.taken.v1", "data": []}', {"message_id": "1"}),
        (b'{"dataschema": "urn:linktime:note.taken.v1", "data": {"\\u0000": 1}}', {}),
    ],
    ids=["id", "header", "name", "table", "long", "key", "list", "field"],
)
async def test_texts_that_postgresql_cannot_store_are_parked(
    database: Database,
    link: BrokerLink,
    readers: Readers,
    broker_url: str,
    body: bytes,
    properties: dict[str, Any],
) -> None:
    """Its texts are stored without invalid characters, its body unchanged."""
    async with running(readers.consumer(prefetch=1).run):
        await _publish(broker_url, link, body, **properties)
        await send(link, event(Noted, 1))
        await eventually(lambda: _taken_in(database, 1))
    for message in await _parked(database):
        assert message.body == body
        assert NUL not in str(message)
        assert len(str(message.headers)) < 3000


async def test_an_id_used_twice_loses_neither_message(
    database: Database, link: BrokerLink, readers: Readers, broker_url: str
) -> None:
    """Two bodies are two messages, even with the same id."""
    async with running(readers.consumer().run):
        await _publish(broker_url, link, b"one", message_id="1")
        await _publish(broker_url, link, b"two", message_id="1")
        await eventually(lambda: _are_parked(database, 2))
    assert {message.body for message in await _parked(database)} == {b"one", b"two"}


@pytest.mark.parametrize(
    "headers",
    [{"traceparent": "abc"}, {"traceparent": 5}, {"x-attempt": -7}, {"x-first-failed-at": {}}],
    ids=["a trace", "a number", "an attempt", "a time"],
)
async def test_odd_headers_stop_nothing(
    database: Database, link: BrokerLink, readers: Readers, headers: dict[str, Any]
) -> None:
    """Neither batches nor retries depend on the values of headers."""

    async def fail(_connection: Connection, _noted: Any) -> None:
        raise ValueError(NUL + "\ud800")

    await link.wait_until_up()
    for number in (1, 2):
        await send(link, event(Noted, number), **headers)
    async with running(readers.consumer().run):
        await eventually(lambda: _taken_in(database, 2))
    async with running(readers.consumer(fail).run):
        await send(link, event(Noted, 3), **headers)
        await eventually(lambda: _are_parked(database, 1))


async def test_a_message_that_cannot_be_parked_waits_aside(
    database: Database, link: BrokerLink, readers: Readers, caplog: pytest.LogCaptureFixture
) -> None:
    """Others pass it, an error names it, and it is parked later."""
    async with database.connection() as connection:
        await connection.execute(
            "ALTER TABLE parked_messages ADD CONSTRAINT shut CHECK (consumer <> 'reader')"
        )
    odd = event(Noted, 1)
    with caplog.at_level(logging.INFO):
        async with running(readers.consumer(prefetch=1).run):
            await send(link, odd, b"{}")
            await send(link, event(Noted, 2))
            await eventually(lambda: _taken_in(database, 1))
            async with database.connection() as connection:
                await connection.execute("ALTER TABLE parked_messages DROP CONSTRAINT shut")
            await eventually(lambda: _are_parked(database, 1))
    lines = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert "message cannot be parked" in lines[0]
    assert "message parked" in lines[-1]
    for line in lines:
        assert str(odd.event_id) in line
        assert "reader" in line
