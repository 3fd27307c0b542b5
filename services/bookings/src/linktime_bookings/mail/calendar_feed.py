"""The bookings of a host as a calendar that programs subscribe to (RFC 5545, RFC 7986)."""

from collections.abc import Iterable
from functools import cache

from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail import content_lines
from linktime_bookings.mail.invitation import calendar, host_event
from linktime_bookings.mail.languages import language_for
from linktime_bookings.mail.plain_text import one_line
from linktime_bookings.mail.samples import BOOKING
from linktime_common.contracts.events.bookings import BookingState

REFRESH = "PT1H"
"""How often a program should ask."""


def rendered(bookings: Iterable[BookingState], sender: Sender, locale: str | None) -> bytes:
    """Return the calendar in the host's language.

    The same bookings always give the same bytes: an event's DTSTAMP is its last change.
    """
    language = language_for(locale or "")
    name = language.text("feed.name", service=one_line(sender.name))
    return calendar(
        "PUBLISH",
        content_lines.text("NAME", name),
        content_lines.text("X-WR-CALNAME", name),
        content_lines.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH),
        # For programs that do not know RFC 7986.
        content_lines.line("X-PUBLISHED-TTL", REFRESH),
        *(host_event(booking, sender, language, booking.updated_at) for booking in bookings),
    )


def layout(sender: Sender, locale: str | None) -> bytes:
    """Return what changes when bookings are shown in another way: a rendered example.

    So an entity tag also changes with a new release or another public address.
    """
    return _layout(sender, language_for(locale or "").code)


@cache
def _layout(sender: Sender, language: str) -> bytes:
    return rendered([BOOKING], sender, language)
