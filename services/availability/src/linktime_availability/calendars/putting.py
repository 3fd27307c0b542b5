"""Writes one event so that the calendar has it once, whatever happened before."""

from dataclasses import dataclass

from linktime_availability.calendars.event_text import is_current, merged
from linktime_availability.calendars.port import (
    CalendarAdapter,
    CalendarObject,
    Conflict,
    EventVersion,
    Gone,
)


@dataclass(frozen=True)
class TargetEvent:
    """An event in a calendar; `known` is what the server had when it was last asked."""

    adapter: CalendarAdapter
    calendar: str
    uid: str
    known: EventVersion | None

    async def find(self) -> CalendarObject | None:
        """Return the event as the server has it now."""
        return await self.adapter.find_event(self.calendar, self.uid)


async def put(target: TargetEvent, wanted: bytes) -> EventVersion:
    """Create or change the event; raises CalendarError.

    If the server has another version than the known one, it is read: an earlier attempt whose
    answer was lost is enough, otherwise only what is LinkTime's is changed. The returned version
    is then empty, so that the next change keeps what somebody added, too.
    """
    known = target.known
    if known is None or known.version:
        try:
            return await target.adapter.put_event(target.calendar, target.uid, wanted, known)
        except Conflict:
            pass
        except Gone:
            if known is None:
                raise
    found = await target.find()
    if found is None:
        return await target.adapter.put_event(target.calendar, target.uid, wanted, None)
    stored = EventVersion(found.ref, found.version)
    if not is_current(found.data, target.uid, wanted):
        changed = merged(found.data, target.uid, wanted)
        await target.adapter.put_event(target.calendar, target.uid, changed, stored)
    return EventVersion(found.ref, "")


async def remove(target: TargetEvent) -> None:
    """Delete the event, also if somebody changed or renamed it; nothing there is enough."""
    known = target.known
    try:
        if known is not None and known.version:
            try:
                await target.adapter.delete_event(target.calendar, known)
            except (Conflict, Gone):  # the event may have another name now
                pass
            else:
                return
        found = await target.find()
        if found is not None:
            stored = EventVersion(found.ref, found.version)
            await target.adapter.delete_event(target.calendar, stored)
    except Gone:
        return
