"""Lost connections of listeners and notifiers."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from linktime_common import listening
from linktime_common.listening import keep_listening
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.notifier import Notifier
from linktime_common.messaging.relay import Relay
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually

from .notes import Noted, running, write

CHANNEL = "test_channel"
OF_THIS = "datname = current_database() AND application_name IN ('test listen', 'test outbox')"
KILL = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OF_THIS}"
COUNT = f"SELECT count(*) FROM pg_stat_activity WHERE {OF_THIS}"
FAR = 3600.0


async def ask(database: Database, query: str, *values: object) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(query, *values)


def stacks(lines: Any) -> list[Any]:
    return [one for one in lines if one["log_level"] == "error" or "exc_info" in one]


async def test_a_lost_listener_is_logged_and_reconnects(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting for its next health query, and in one line without a stack."""
    monkeypatch.setattr(listening, "PING_EACH_SECONDS", FAR)
    said: list[str] = []

    async def listen() -> None:
        await keep_listening(
            "test",
            database,
            CHANNEL,
            said.append,
            on_begin=lambda: said.append("begin"),
            on_end=lambda: said.append("end"),
        )

    with capture_logs() as lines:
        async with running(listen):
            await eventually(lambda: said == ["begin"])
            assert await ask(database, KILL)
            await eventually(lambda: said[-1:] == ["begin"] and "end" in said)
            await ask(database, "SELECT pg_notify($1, 'news')", CHANNEL)
            await eventually(lambda: said[-1:] == ["news"])
    # Connections of earlier tests may still log their end.
    own = [one for one in lines if one.get("job") == "test" or "listening" in one["event"]]
    found = [(one["event"], one["log_level"]) for one in own]
    assert found == [("listening connection lost", "warning")]


async def test_a_listener_leaves_a_server_that_takes_no_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failover, notifications on the new server are not missed."""
    monkeypatch.setattr(listening, "PING_EACH_SECONDS", 0.05)
    monkeypatch.setattr(listening, "IS_WRITABLE", "SELECT false")
    begun: list[int] = []

    async def listen() -> None:
        await keep_listening(
            "test", database, CHANNEL, lambda _payload: None, on_begin=lambda: begun.append(1)
        )

    async with running(listen):
        await eventually(lambda: len(begun) >= 2)


async def test_relay_and_notifier_lose_their_connections_without_a_stack(
    database: Database, link: BrokerLink
) -> None:
    """Both reconnect; an ordinary outage is not logged as an error."""
    with capture_logs() as lines:
        async with running(Relay(database, link).run, Notifier(database).run):
            await eventually(lambda: _are_open(database, 2))
            await ask(database, KILL)
            # The notifier detects the loss at its next NOTIFY.
            await eventually(lambda: _are_open_after_an_event(database), every=0.1)
    assert stacks(lines) == []


async def _are_open_after_an_event(database: Database) -> bool:
    await write(database, Noted, range(1))
    return await _are_open(database, 2)


async def _are_open(database: Database, number: int) -> bool:
    return bool(await ask(database, COUNT) == number)
