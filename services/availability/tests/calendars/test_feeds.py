"""A connected feed: unchanged, moved, refused, limited and gone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from services.availability.tests.calendars.hosts import event, free_of

from linktime_availability.calendars.accounts import Credentials
from linktime_availability.calendars.connecting import (
    ConnectedAccount,
    NewConnection,
    connect,
    reconnect,
)
from linktime_availability.calendars.sync import sync_due
from linktime_availability.domain.errors import CalendarAlreadyConnected
from linktime_availability.domain.event_type import EventType
from linktime_common.errors import InvalidRequest


@dataclass
class FeedServer:
    """Answers with `status`, `headers` and `body`; an unchanged body is 304."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        tag = f'"{hash(self.body)}"'
        status = self.status
        if status == 200 and request.headers.get("If-None-Match") == tag:
            status = 304
        self.answers.append(status)
        body = self.body if status == 200 else b""
        return web.Response(status=status, body=body, headers={"ETag": tag, **self.headers})


@dataclass
class Subscriber:
    """A host with a connected feed."""

    world: Any
    event_type: EventType
    connected: ConnectedAccount

    async def sync(self) -> Any:
        """Read the feed now, and return its row."""
        host_id = self.event_type.host_id
        async with self.world.database.connection() as connection:
            await connection.execute(
                "UPDATE calendars SET next_sync_at = now() WHERE host_id = $1", host_id
            )
            await sync_due(self.world.deps)
            return await connection.fetchrow(
                "SELECT c.*, a.state FROM calendars c JOIN calendar_accounts a"
                " ON a.id = c.account_id WHERE c.host_id = $1",
                host_id,
            )

    async def free(self, day: datetime) -> set[str]:
        return set(await free_of(self.world, self.event_type, day))


@pytest.fixture
async def server(tomorrow: datetime) -> AsyncIterator[FeedServer]:
    """A feed with an event at noon of tomorrow."""
    server = FeedServer(event("lunch@example.org", tomorrow))
    app = web.Application()
    app.router.add_get("/secret.ics", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/secret.ics"
    yield server
    await runner.cleanup()


@pytest.fixture
async def ada(world: Any, server: FeedServer) -> Subscriber:
    world.clock.instant = datetime.now(UTC)
    host = await world.host()
    event_type = await world.event_type(host.id, duration_minutes=60, slot_interval_minutes=60)
    new = NewConnection("ics", "ics", Credentials(url=SecretStr(server.url)))
    connected = await connect(host.id, new, world.deps, world.attempt())
    subscriber = Subscriber(world, event_type, connected)
    await subscriber.sync()
    return subscriber


async def test_an_unchanged_feed_is_not_sent_again(
    ada: Subscriber, server: FeedServer, tomorrow: datetime
) -> None:
    """Its busy time stays; a changed one moves it. It is read every 12 minutes."""
    row = await ada.sync()
    assert server.answers[-1] == 304
    assert row["events"] == 1
    wait = row["next_sync_at"] - row["synced_at"]
    assert timedelta(minutes=10) < wait < timedelta(minutes=14)
    assert "12:00" not in await ada.free(tomorrow)
    server.body = event("lunch@example.org", tomorrow + timedelta(hours=2))
    await ada.sync()
    free = await ada.free(tomorrow)
    assert "12:00" in free
    assert "14:00" not in free


async def test_another_address_is_another_feed(
    ada: Subscriber, server: FeedServer, tomorrow: datetime
) -> None:
    """What the earlier one said about itself is not sent to it, so it cannot be unchanged."""
    await reconnect(
        ada.event_type.host_id,
        ada.connected.account.id,
        ada.world.deps,
        ada.world.attempt(),
        changes={"url": SecretStr(f"{server.url}?other")},
    )
    await ada.sync()
    assert server.answers[-1] == 200
    await ada.sync()
    assert server.answers[-1] == 304


async def test_an_address_is_connected_once(ada: Subscriber, server: FeedServer) -> None:
    """However it is written; neither as a new account nor instead of another address."""
    world, host_id = ada.world, ada.event_type.host_id
    same = Credentials(url=SecretStr(server.url.replace("http:", "HTTP:")))
    with pytest.raises(CalendarAlreadyConnected) as refused:
        await connect(host_id, NewConnection("ics", "ics", same), world.deps, world.attempt())
    assert refused.value.more == {"accountId": str(ada.connected.account.id)}
    other = Credentials(url=SecretStr(f"{server.url}?other"))
    new = NewConnection("ics", "ics", other)
    second = (await connect(host_id, new, world.deps, world.attempt())).account.id
    again = partial(reconnect, host_id, second, world.deps, world.attempt())
    with pytest.raises(CalendarAlreadyConnected):
        await again(changes={"url": same.url})
    await again(changes={"url": other.url})


async def test_a_server_that_limits_requests(
    ada: Subscriber, server: FeedServer, tomorrow: datetime
) -> None:
    """The time it asks for is waited, if it is longer."""
    server.status, server.headers = 429, {"Retry-After": "3000"}
    row = await ada.sync()
    assert (row["state"], row["failures"]) == ("CONNECTED", 1)
    assert row["next_sync_at"] - datetime.now(UTC) > timedelta(minutes=40)
    assert "12:00" not in await ada.free(tomorrow)


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (401, b"", "RECONNECT"),
        (404, b"", "CONNECTED"),
        (500, b"", "CONNECTED"),
        (200, b"<html>Sign in</html>", "CONNECTED"),
        (200, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "CONNECTED"),
    ],
)
async def test_no_feed_is_not_an_empty_calendar(
    ada: Subscriber, server: FeedServer, tomorrow: datetime, status: int, body: bytes, state: str
) -> None:
    """What is known stays busy; no error makes time free."""
    server.status, server.body = status, body
    row = await ada.sync()
    assert (row["state"], row["events"]) == (state, 1)
    assert row["last_error"]
    assert "12:00" not in await ada.free(tomorrow)


OTHER_CALENDAR = (b"VERSION:2.0\r\n", b"VERSION:2.0\r\nCALSCALE:HEBREW\r\n")
MANY_EVENTS = (b"BEGIN:VEVENT", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 20_001 + b"BEGIN:VEVENT")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (OTHER_CALENDAR, "The feed is cut off, or uses another calendar than the Gregorian"),
        (MANY_EVENTS, "The feed has too many events"),
    ],
)
async def test_a_feed_that_is_refused_as_a_whole(
    ada: Subscriber,
    server: FeedServer,
    tomorrow: datetime,
    change: tuple[bytes, bytes],
    error: str,
) -> None:
    """Nothing of the reading is stored: the last known time ages, and the host sees why."""
    good = server.body
    server.body = good.replace(*change)
    for failures in (1, 2):  # not only the first time, and never "unchanged"
        row = await ada.sync()
        assert (row["failures"], row["last_error"], row["events"]) == (failures, error, 1)
        assert (server.answers[-1], row["refused_count"]) == (200, 0)
    assert "12:00" not in await ada.free(tomorrow)
    server.body = good
    row = await ada.sync()
    assert (row["failures"], row["last_error"], row["events"]) == (0, None, 1)


async def test_a_test_that_fails_is_stored(ada: Subscriber, server: FeedServer) -> None:
    """By the reading that it causes."""
    server.status = 401
    with pytest.raises(InvalidRequest):
        await reconnect(
            ada.event_type.host_id, ada.connected.account.id, ada.world.deps, ada.world.attempt()
        )
    await sync_due(ada.world.deps)
    async with ada.world.database.connection() as connection:
        state = await connection.fetchval(
            "SELECT state FROM calendar_accounts WHERE id = $1", ada.connected.account.id
        )
    assert state == "RECONNECT"
