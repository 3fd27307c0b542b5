"""Time zones by IANA name, only from the `tzdata` wheel.

Two machines must list the same slots, so the operating system's files are never read.
"""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

__all__ = ["TZDATA_VERSION", "UnknownTimezone", "zone", "zone_names"]

TZDATA_VERSION: str = tzdata.IANA_VERSION

zoneinfo.reset_tzpath(to=())
# A zone made before this import may come from the operating system.
ZoneInfo.clear_cache()


class UnknownTimezone(ValueError):
    """There is no IANA time zone of that name."""


# The zone of an unconfigured clock.
_NO_PLACE = frozenset({"Factory"})


@cache
def zone_names() -> frozenset[str]:
    """Return every zone that can be chosen, with aliases such as `Asia/Calcutta`."""
    return _all_names() - _NO_PLACE


@cache
def _all_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def zone(name: str) -> ZoneInfo:
    """Return the zone with exactly this name (case-sensitive); raises `UnknownTimezone`.

    The name is looked up in the list before anything is opened, so a path or a very long name never
    reaches the file system, and unknown names are not cached. `Factory` cannot be chosen, but rows
    stored before it was refused can still be read.
    """
    if name not in _all_names():
        raise UnknownTimezone("Unknown time zone")
    return ZoneInfo(name)
