"""The bookings of a host as a calendar that programs subscribe to (RFC 5545, RFC 7986)."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache

from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail.invitation import calendar_of, host_event
from linktime_bookings.mail.languages import language_for
from linktime_bookings.mail.plain_text import one_line
from linktime_bookings.mail.samples import BOOKING
from linktime_common.contracts.events.bookings import BookingState

REFRESH = timedelta(hours=1)
"""How often a program should ask."""


def rendered(bookings: Iterable[BookingState], sender: Sender, locale: str | None) -> bytes:
    """Return the calendar in the host's language.

    The same bookings always give the same bytes: an event's DTSTAMP is its last change.
    """
    language = language_for(locale or "")
    calendar = calendar_of("PUBLISH")
    name = language.text("feed.name", service=one_line(sender.name))
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    # For programs that do not know RFC 7986.
    calendar.add("x-published-ttl", "PT1H")
    for booking in bookings:
        calendar.add_component(host_event(booking, sender, language, booking.updated_at))
    content: bytes = calendar.to_ical()
    return content


def layout(sender: Sender, locale: str | None) -> bytes:
    """Return what changes when bookings are shown in another way: a rendered example.

    So an entity tag also changes with a new release or another public address.
    """
    return _layout(sender, language_for(locale or "").code)


@cache
def _layout(sender: Sender, language: str) -> bytes:
    return rendered([BOOKING], sender, language)
