"""Time zones of one calendar.

icalendar keeps the first definition of a name for the whole process. Without forgetting them before
each calendar, one host's "Customized Time Zone" would move another host's busy time.
"""

from datetime import date, datetime, tzinfo

import icalendar
from icalendar.cal import Timezone
from icalendar.timezone import tzp

from linktime_availability.calendars.expansion import frequency
from linktime_availability.calendars.expansion.results import (
    NO_UID,
    ExpansionLimits,
    RefusalReason,
    Refused,
)
from linktime_availability.calendars.expansion.text import Block
from linktime_common.timezones import zone_names

_MOST_ZONES = 200
_JANUARY = datetime(2026, 1, 1)  # noqa: DTZ001  gets its zone where it is used


def define_zones(blocks: list[Block], limits: ExpansionLimits) -> list[Refused]:
    """Make the time zones of a calendar, and only those, known to icalendar; return the refused.

    Zones that tzdata has are taken from there. A name without a definition is unknown.
    """
    refused, usable = [], []
    for block in blocks[:_MOST_ZONES]:
        name = block.value("TZID")
        if name.strip("/") in zone_names():
            continue
        reason = frequency.refusal_of_zone(block, limits)
        if reason is None and (block.broken or not _can_be_used(block, name)):
            reason = RefusalReason.UNREADABLE
        if reason is None:
            usable.append(block)
        else:
            refused.append(Refused(name or NO_UID, reason))
    _forget_zones()
    for block in usable:
        Timezone.from_ical(block.text())
    return refused


def _can_be_used(block: Block, name: str) -> bool:
    """Whether a zone can be read and used; tried alone, so that no event is lost by it."""
    _forget_zones()
    try:
        Timezone.from_ical(block.text())
        defined = tzp.timezone(name)
        return defined is not None and _JANUARY.replace(tzinfo=defined).utcoffset() is not None
    except MemoryError:
        raise
    except Exception:  # what the library raises for wrong text is not documented
        return False


def _forget_zones() -> None:
    icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]


def epoch(moment: date | datetime, owner_zone: tzinfo) -> int:
    """Return epoch seconds; a date or floating time is read in the owner's zone.

    As in RFC 5545, 3.3.5, a time that occurs twice is its first occurrence, and one that never
    occurs is read with the offset before the change (`fold=0`).
    """
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=owner_zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=owner_zone)
    return int(moment.timestamp())
