"""What a caller of the port stores: objects by ref, applied as the changes say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from linktime_availability.calendars.port import CalendarAdapter, CalendarObject, Changes


@dataclass
class Store:
    """Synchronises one calendar, again and again."""

    adapter: CalendarAdapter
    calendar: str
    objects: dict[str, CalendarObject] = field(default_factory=dict)
    state: str | None = None
    asked: int = 0  # how often all versions were needed

    async def known(self) -> Mapping[str, str]:
        self.asked += 1
        return {ref: one.version for ref, one in self.objects.items()}

    async def sync(self) -> Changes:
        changes = await self.adapter.sync(self.calendar, self.state, self.known)
        for one in changes.changed:
            self.objects[one.ref] = one
        for ref in changes.removed:
            self.objects.pop(ref, None)
        self.state = changes.state
        return changes
