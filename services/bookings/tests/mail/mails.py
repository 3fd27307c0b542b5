"""Mails with hostile values, and the kinds by recipient."""

from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_camel

from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.mail.samples import sample

INJECTION = "a\r\nBcc: victim@example.net"
INVITEES = [Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED, Kind.REMINDER]
HOSTS = [Kind.HOST_BOOKED, Kind.HOST_RESCHEDULED, Kind.HOST_CANCELLED]
FOR_BOTH = [Kind.CONFIRMATION, Kind.HOST_BOOKED]
NAMES = {
    "a line break": INJECTION,
    "bare line feed": "a\nBcc: victim@example.net",
    "other line breaks": "a\u2028b\x85Bcc: victim@example.net\x0b\x00",
    "an address": '"Bank" <bank@example.net>, x',
    "long": "Wolfe" * 200,
    "long, two words": "é" * 500 + " " + "ü" * 499,
    "emoji": "Zoë 👩‍👩‍👧 🇩🇪" * 20,
    "right to left": "مريم بنت علي",
    "an encoded word": "=?utf-8?q?a=0D=0ABcc=3A_x?= x",
    "none": "",
}


def changed(kind: Kind, **booking: Any) -> Email:
    """Return the sample with other values in its booking; `host__name` is the name of its host."""
    facts = {**sample(kind, "en").facts}
    facts["booking"] = {**facts["booking"]}
    for path, value in booking.items():
        *outer, name = map(to_camel, path.split("__"))
        inside = facts["booking"]
        for one in outer:
            inside[one] = inside = {**inside[one]}
        assert name in inside
        inside[name] = value
    return replace(sample(kind, "en"), facts=facts)
