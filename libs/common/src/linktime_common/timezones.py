"""Time zones by IANA name, from the `tzdata` wheel and nowhere else.

Two machines must list the same slots, so the operating system's own files are never read.
"""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

__all__ = ["TZDATA_VERSION", "UnknownTimezone", "zone", "zone_names"]

TZDATA_VERSION: str = tzdata.IANA_VERSION

zoneinfo.reset_tzpath(to=())
# A zone made before this module was imported may have come from the operating system.
ZoneInfo.clear_cache()


class UnknownTimezone(ValueError):
    """There is no IANA time zone of that name."""


@cache
def zone_names() -> frozenset[str]:
    """Every name of the IANA database, links such as `Asia/Calcutta` included."""
    return frozenset(zoneinfo.available_timezones())


def zone(name: str) -> ZoneInfo:
    """The zone called exactly `name` (letter case counts), or `UnknownTimezone`.

    The name is looked up in the list of names before anything is opened, so a path, a folder or
    ten kilobytes of anything never reach the file system, and nothing unknown is ever cached.
    """
    if name not in zone_names():
        raise UnknownTimezone("Unknown time zone")
    return ZoneInfo(name)
