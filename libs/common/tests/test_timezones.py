"""Zone names: those of the tzdata wheel only."""

import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from linktime_common.timezones import TZDATA_VERSION, UnknownTimezone, zone, zone_names


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "/", "localtime", "posixrules", "posix/UTC", "right/UTC", "America",
     "America/", "America/New_York/", "/usr/share/zoneinfo/UTC", "/etc/localtime", "../etc/passwd",
     "../../../../etc/passwd", "America/../UTC", "./UTC", "Europe\\Berlin", "europe/berlin",
     "UTC\0", "\0", "UTC\n", " UTC", "EST5EDT4", "<+03>-3", "+01:00", "zone.tab", "tzdata.zi",
     "__init__", "__init__.py", "America/__init__", "leapseconds", "x" * 10_240, "../" * 4096,
     "\ud800", "Europe/Bérlin", "C:\\Windows", "NUL", "~root", "$TZ", "%2e%2e/UTC"],
)  # fmt: skip
def test_an_unknown_zone_is_refused(name: str) -> None:
    """The same error and sentence for all of them, without the name."""
    with pytest.raises(UnknownTimezone, match=r"^Unknown time zone$"):
        zone(name)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("UTC", 0), ("Etc/GMT+5", -5), ("Asia/Kathmandu", 5.75), ("Asia/Katmandu", 5.75), ("EST", -5),
     ("America/Argentina/Buenos_Aires", -3), ("Pacific/Kiritimati", 14), ("Africa/Nairobi", 3)],
)  # fmt: skip
def test_a_zone_by_any_of_its_names(name: str, hours: float) -> None:
    """Links and fixed offsets included; cached objects are identical."""
    offset = datetime(2026, 6, 1, tzinfo=UTC).astimezone(zone(name)).utcoffset()
    assert offset == timedelta(hours=hours)
    assert zone(name) is zone(name)


def test_every_name_of_the_list_opens() -> None:
    """The list contains no invalid name."""
    assert len(zone_names()) > 400
    assert {zone(name).key for name in zone_names()} == zone_names()


def test_factory_cannot_be_chosen_but_is_read() -> None:
    """A schedule stored before `Factory` was refused still has its slots."""
    assert not {"Factory", "localtime", "posixrules", "leapseconds"} & zone_names()
    assert not [name for name in zone_names() if name.startswith(("posix", "right"))]
    assert zone("Factory").key == "Factory"


def test_the_wheel_is_the_only_source() -> None:
    """Not the operating system's files, even if the environment points at them."""
    assert zoneinfo.TZPATH == ()
    assert TZDATA_VERSION[:4].isdigit()
    program = (
        "import zoneinfo; early = zoneinfo.ZoneInfo('Europe/Berlin');"
        "from linktime_common.timezones import zone;"
        "assert zoneinfo.TZPATH == () and zone('Europe/Berlin') is not early"
    )
    environment = {"PYTHONTZPATH": "/usr/share/zoneinfo"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=30)
