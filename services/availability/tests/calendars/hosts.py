"""Hosts with calendars of a real server."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import SecretStr

from linktime_availability.calendars.accounts import Credentials
from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.connecting import ConnectedAccount, NewConnection, connect
from linktime_availability.calendars.port import EventVersion
from linktime_availability.calendars.sync import sync_due
from linktime_availability.domain.event_type import EventType
from linktime_availability.domain.moves import MovedBooking
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.timezones import zone
from linktime_local.servers.caldav import ServerAccount


def event(uid: str, start: datetime, minutes: int = 60, *lines: str) -> bytes:
    """Return an event in UTC; `lines` are added to it."""
    end = start + timedelta(minutes=minutes)
    text = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT"),
        *(f"UID:{uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:A secret title"),
        *(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}"),
        *lines,
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    return "\r\n".join(text).encode()


@dataclass
class Connected:
    """A host with an event type and a connected account of the server."""

    world: Any
    host_id: UUID
    event_type: EventType
    result: ConnectedAccount
    adapter: CalDavAdapter  # as another client of the host's
    calendar: str
    server: ServerAccount

    @property
    def calendar_id(self) -> UUID:
        return self.result.calendars[0].id

    async def put(self, uid: str, start: datetime, minutes: int = 60, *lines: str) -> EventVersion:
        data = event(uid, start, minutes, *lines)
        return await self.adapter.put_event(self.calendar, uid, data, None)

    async def sync(self) -> None:
        """Read the calendar now, as a worker does."""
        await self.make_due()
        await sync_due(self.world.deps)

    async def make_due(self) -> None:
        await self.set_row("next_sync_at = now(), leased_until = NULL")

    async def set_row(self, assignments: str) -> None:
        """Change the rows of the host's calendars."""
        async with self.world.database.connection() as connection:
            await connection.execute(
                f"UPDATE calendars SET {assignments} WHERE host_id = $1",
                self.host_id,
            )

    async def row(self) -> Any:
        async with self.world.database.connection() as connection:
            return await connection.fetchrow(
                "SELECT c.*, a.state, a.last_error AS account_error FROM calendars c"
                " JOIN calendar_accounts a ON a.id = c.account_id WHERE c.id = $1",
                self.calendar_id,
            )

    async def free(self, day: datetime) -> list[str]:
        """Return the listed starts of a day in UTC."""
        return await free_of(self.world, self.event_type, day)


async def free_of(
    world: Any, event_type: EventType, day: datetime, move: MovedBooking | None = None
) -> list[str]:
    """Return the listed starts of a day in UTC."""
    _, body = await list_slots(
        host_id=event_type.host_id,
        slug=event_type.slug,
        zone=zone("UTC"),
        first=day.date(),
        last=day.date(),
        deps=world.deps,
        move=move,
    )
    return [row["time"] for row in orjson.loads(body)]


async def connected(world: Any, account: ServerAccount, **host: Any) -> Connected:
    """Connect a new host, whose slots are of an hour, to the server; nothing is read yet."""
    world.clock.instant = datetime.now(UTC)
    state = await world.host(**host)
    event_type = await world.event_type(state.id, duration_minutes=60, slot_interval_minutes=60)
    credentials = Credentials(
        url=SecretStr(account.url), user=account.user, password=SecretStr(account.password)
    )
    new = NewConnection("caldav", "caldav", credentials)
    result = await connect(state.id, new, world.deps, world.attempt())
    adapter = CalDavAdapter(
        world.deps.guarded, CalDavAccount(account.url, account.user, account.password)
    )
    (calendar,) = await adapter.list_calendars()
    return Connected(world, state.id, event_type, result, adapter, calendar.ref, account)
