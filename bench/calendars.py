"""A calendar of 2,000 events at a real server (Radicale), through the CalDAV adapter.

`python -m bench.calendars` prints medians in milliseconds. Most of each figure is the server's
time; what the client itself uses is a row of its own.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import aiohttp
from bench.slots import Row
from bench.stack import show

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.port import EventVersion
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_local.servers.caldav import CalDavServer, ServerAccount
from linktime_local.testing.engines import state_folder

EVENTS = 2_000
ROUNDS = 15
FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
SINCE = datetime(2026, 6, 1, tzinfo=UTC)


class Measured:
    """One calendar, its stored versions, and what was measured."""

    def __init__(self, adapter: CalDavAdapter, calendar: str) -> None:
        self.adapter, self.calendar = adapter, calendar
        self.rows: list[Row] = []
        self.versions: dict[str, str] = {}
        self.state: str | None = None
        self.event: EventVersion | None = None

    async def known(self) -> dict[str, str]:
        return self.versions

    async def sync(self) -> int:
        """Synchronise and return how many objects changed."""
        changes = await self.adapter.sync(self.calendar, self.state, self.known)
        self.versions |= {one.ref: one.version for one in changes.changed}
        self.state = changes.state
        return len(changes.changed)

    async def write(self) -> None:
        """Create the event the first time, then change it."""
        uid = "bench@linktime.example"
        data = event(uid, FIRST, summary=time.time_ns())
        self.event = await self.adapter.put_event(self.calendar, uid, data, self.event)

    async def measure(
        self,
        what: str,
        call: Callable[[], Awaitable[object]],
        *,
        rounds: int = ROUNDS,
        before: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        times, ours = [], []
        for _ in range(rounds):
            if before is not None:
                await before()
            started, used = time.perf_counter(), time.process_time()
            await call()
            ours.append((time.process_time() - used) * 1_000)
            times.append((time.perf_counter() - started) * 1_000)
        name = f"calendar of {EVENTS} events: {what}"
        self.rows += [
            Row(name, statistics.median(times), "ms"),
            Row(f"{name}: processor time of the client", statistics.median(ours), "ms"),
        ]


def event(uid: str, start: datetime, *, summary: object = "Busy") -> bytes:
    return _whole(_component(uid, start, summary))


def _whole(components: str) -> bytes:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//LinkTime//Bench//EN\r\n"
    return f"{head}{components}END:VCALENDAR\r\n".encode()


def _component(uid: str, start: datetime, summary: object) -> str:
    begin, end = (f"{moment:%Y%m%dT%H%M%SZ}" for moment in (start, start + timedelta(minutes=30)))
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{begin}\r\n"
        f"DTEND:{end}\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    )


async def _fill(account: ServerAccount) -> str:
    """Upload a whole calendar, which Radicale takes in one request; return its address."""
    components = "".join(
        _component(f"{number}@bench", FIRST + timedelta(hours=4 * number), "Busy")
        for number in range(EVENTS)
    )
    url = account.url.replace("/meetings/", "/large/")
    headers = {"Authorization": account.authorization, "Content-Type": "text/calendar"}
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as session:
        await (await session.put(url, data=_whole(components))).read()
    return url


async def run() -> list[Row]:
    """Measure and return the rows in the order of printing."""
    with state_folder("caldav") as folder:
        server = CalDavServer(folder / "state")
        await server.start()
        try:
            account = server.account()
            calendar = await _fill(account)
            async with (
                Resolver([ip_network("127.0.0.0/8")]) as resolver,
                GuardedClient(WayOut(resolver), allow_http=True) as client,
            ):
                login = CalDavAccount(account.url, account.user, account.password)
                return await _measure(Measured(CalDavAdapter(client, login), calendar))
        finally:
            await server.stop()


async def _measure(one: Measured) -> list[Row]:
    adapter, calendar = one.adapter, one.calendar
    await one.measure("first sync, all objects fetched", one.sync, rounds=1)
    await one.measure("sync without a change", one.sync)
    await one.measure("sync after one change", one.sync, before=one.write)
    await one.measure(
        "query of 60 days",
        lambda: adapter.query(calendar, SINCE, SINCE + timedelta(days=60)),
    )
    await one.measure("change of an event", one.write)
    return one.rows


def main() -> None:
    show(asyncio.run(run()))


if __name__ == "__main__":
    main()
