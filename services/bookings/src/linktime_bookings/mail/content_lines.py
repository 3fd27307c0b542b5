"""Content lines of an iCalendar object (RFC 5545), as the icalendar library writes them.

Its components convert and sort each property several times, which was more than a third of the
time that a mail takes. Parameters are quoted and long lines folded by the library.
"""

from datetime import UTC, datetime

from icalendar.parser import Contentline, param_value

LINE_END = b"\r\n"
MOST_OCTETS = 74
"""The library folds a longer line."""

_QUOTED_NAME = frozenset(" '")
_WRITTEN = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": "\\n"}
_ESCAPES = str.maketrans(_WRITTEN)


def line(name: str, value: str) -> bytes:
    """Return the line of a property, folded, with its end; the value is already escaped."""
    whole = f"{name}:{value}"
    octets = whole.encode()
    if len(octets) > MOST_OCTETS:
        octets = Contentline(whole).to_ical()  # type: ignore[no-untyped-call]
    return octets + LINE_END


def text(name: str, value: str) -> bytes:
    """Return the line of a property whose value is a text."""
    return line(name, value.replace("\r\n", "\n").translate(_ESCAPES))


def instant(name: str, at: datetime) -> bytes:
    """Return the line of a property whose value is an instant, in UTC."""
    return line(name, f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def person(name: str, mailto: str, common_name: str, *parameters: str) -> bytes:
    """Return the line of a person; `parameters` follow CN in the order of their names."""
    shown = param_value(common_name, always_quote=not _QUOTED_NAME.isdisjoint(common_name))
    return line(";".join((name, f"CN={shown}", *parameters)), mailto)


def component(name: str, *lines: bytes) -> bytes:
    """Return the component with these lines."""
    return b"".join((b"BEGIN:%b\r\n" % name.encode(), *lines, b"END:%b\r\n" % name.encode()))
