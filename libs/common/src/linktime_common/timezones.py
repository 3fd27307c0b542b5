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


# The zone of a clock that nobody has set yet.
_NO_PLACE = frozenset({"Factory"})


@cache
def zone_names() -> frozenset[str]:
    """Every zone that can be chosen, by all its names, links such as `Asia/Calcutta` included."""
    return _all_names() - _NO_PLACE


@cache
def _all_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def zone(name: str) -> ZoneInfo:
    """The zone called exactly `name` (letter case counts), or `UnknownTimezone`.

    The name is looked up in the list of names before anything is opened, so a path, a folder or
    ten kilobytes of anything never reach the file system, and nothing unknown is ever cached.
    `Factory` cannot be chosen, but what was kept before it was refused is still read.
    """
    if name not in _all_names():
        raise UnknownTimezone("Unknown time zone")
    return ZoneInfo(name)
