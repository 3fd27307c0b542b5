"""UIDs of bookings in calendars.

The mail's invitation and the event that LinkTime writes into the host's calendar have the same
one, so that a calendar that gets both has one event.
"""

from urllib.parse import urlsplit
from uuid import UUID

from linktime_common.urls import is_address

LOCAL = "localhost"


def public_domain(public_url: str) -> str:
    """Return the domain of an instance in UIDs and addresses; an IP address cannot be one."""
    host = urlsplit(public_url).hostname or LOCAL
    return LOCAL if is_address(host) else host


def event_uid(booking_id: UUID, domain: str) -> str:
    """Return the UID of a booking."""
    return f"{booking_id}@{domain}"
