"""Messages that cannot be processed."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

import orjson
import pytest

from linktime_common.errors import Refusal
from linktime_common.messaging import parked
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.reading import SCHEMA_PREFIX
from linktime_common.postgres import Connection, Database
from linktime_local.testing.waiting import eventually

from .notes import (
    PARKED,
    Noted,
    Readers,
    channel_to,
    effects,
    event,
    note_effect,
    running,
    send,
    value,
)


class Broken(Exception):
    """Raised by a failing handler."""


async def _has(database: Database, query: str, number: int) -> bool:
    return await value(database, query) == number


async def _effects_are(database: Database, number: int) -> bool:
    return await effects(database) == (number, number)


async def test_a_failing_message_is_retried_by_stages_then_parked_and_replayed(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """All delays are used, the reason and stack are stored, and a replay applies the event."""
    times: list[float] = []
    healed = asyncio.Event()

    async def fail(connection: Connection, noted: Any) -> None:
        times.append(asyncio.get_running_loop().time())
        await note_effect(connection, noted)
        if not healed.is_set():
            raise Broken("no luck \x00 today")

    sent = event(Noted, 7)
    async with running(readers.consumer(fail).run):
        await send(link, sent)
        await eventually(lambda: _has(database, PARKED, 1))
        assert len(times) == 1 + len(link.topology.stages)
        assert times[1] - times[0] >= 0.1
        assert times[2] - times[1] >= 0.2
        assert await effects(database) == (0, 0)
        async with database.connection() as connection:
            (message,) = await parked.list_parked(connection, 10)
            assert await parked.list_parked(connection, 10, message.id) == []
        assert message.reason == "Broken: no luck  today"
        assert "raise Broken" in (message.stack or "")
        assert message.routing_key == "note.taken.v1"
        assert message.headers["x-attempt"] == len(link.topology.stages)
        assert message.headers["x-first-failed-at"]
        healed.set()
        assert await parked.replay(database, link, [message.id]) == 1
        await eventually(lambda: _effects_are(database, 1))
        assert await _has(database, PARKED, 0)


class NotYet(Refusal):
    """Something else has to happen first"""


async def test_a_refusal_is_an_expected_outcome(
    database: Database, link: BrokerLink, readers: Readers, caplog: pytest.LogCaptureFixture
) -> None:
    """It is retried like a failure, without an error line; parking it is an error."""

    async def refuse(_connection: Connection, _noted: Any) -> None:
        raise NotYet

    with caplog.at_level(logging.INFO):
        async with running(readers.consumer(refuse).run):
            await send(link, event(Noted, 1))
            await eventually(lambda: _has(database, PARKED, 1))
    assert len(readers.seen) == 1 + len(link.topology.stages)
    ours = [one for one in caplog.records if one.name == "linktime_common.messaging.intake"]
    refused = [one for one in ours if "event refused for now" in one.getMessage()]
    assert len(refused) == len(readers.seen)
    assert not [one for one in ours if "Traceback" in one.getMessage()]
    (parking,) = [one for one in ours if one.levelno > logging.INFO]
    assert "message parked" in parking.getMessage()


async def test_a_replay_that_fails_at_once_is_parked_again(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """A message that is parked again during its replay is not deleted."""
    sent = event(Noted, 1)
    async with running(readers.consumer().run):
        await send(link, sent, b'{"dataschema": "urn:linktime:note.taken.v1"}')
        await eventually(lambda: _has(database, PARKED, 1))
        before = await value(database, "SELECT parked_at FROM parked_messages")
        assert await parked.replay(database, link, None) == 1
        await eventually(
            lambda: value(
                database, "SELECT count(*) = 1 FROM parked_messages WHERE parked_at > $1", before
            )
        )
        assert await parked.drop(database, [uuid4()]) == 0
        assert await parked.drop(database, None) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"dataschema": 5}',
        b'{"dataschema": "urn:other:note.taken.v1"}',
        b'{"dataschema": "urn:linktime:note.taken.v1", "data": 3}',
        b'{"dataschema": "urn:linktime:note.taken.v1", "data": ' + b"[" * 900 + b"]" * 900 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=["text", "list", "object", "a number", "other", "no event", "deep", "deeper"],
)
async def test_an_invalid_event_is_parked_at_once(
    database: Database, link: BrokerLink, readers: Readers, body: bytes
) -> None:
    """Retries cannot help, so there are none, and later messages are not delayed."""
    async with running(readers.consumer().run):
        await send(link, event(Noted, 1), body)
        await eventually(lambda: _has(database, PARKED, 1))
        assert readers.seen == []
        await send(link, event(Noted, 2))
        await eventually(lambda: _effects_are(database, 1))


async def test_messages_delivered_too_often_are_kept(
    database: Database, link: BrokerLink, readers: Readers, broker_url: str
) -> None:
    """A message that crashes its process every time is parked in the database."""
    await link.wait_until_up()
    await send(link, event(Noted, 1))
    async with channel_to(broker_url) as channel:
        queue = await channel.get_queue(link.topology.queue("reader"), ensure=False)
        while message := await queue.get(fail=False):
            await message.reject(requeue=True)
    async with running(readers.consumer().run):
        await eventually(lambda: _has(database, PARKED, 1))
    assert "too often" in await value(database, "SELECT reason FROM parked_messages")


async def test_the_log_quotes_nothing_of_a_message_that_is_not_ours(
    database: Database, link: BrokerLink, readers: Readers, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the type of an event nor an invalid value; the reason is stored with the message."""
    caplog.set_level("INFO")
    document = orjson.loads(event(Noted, 1).envelope())
    unknown = document | {"dataschema": f"{SCHEMA_PREFIX}planted@example.com"}
    unfit = document | {"data": {"number": "planted@example.com"}, "planted@example.com": 1}
    async with running(readers.consumer().run):
        await send(link, event(Noted, 1), orjson.dumps(unknown))
        await send(link, event(Noted, 2), orjson.dumps(unfit))
        await send(link, event(Noted, 3), b"planted@example.com")
        await eventually(lambda: _has(database, PARKED, 2))
        await eventually(lambda: "ignored" in caplog.text)
    assert caplog.text.count("message parked") == 2
    assert "(unknown)" in caplog.text
    assert "planted" not in caplog.text
