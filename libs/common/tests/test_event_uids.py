"""Mails and calendars name a booking alike."""

import pytest

from linktime_common.event_uids import event_uid, public_domain
from linktime_common.ids import new_id


@pytest.mark.parametrize(
    ("public_url", "domain"),
    [
        ("https://meet.example", "meet.example"),
        ("https://Meet.Example:8443/book/", "meet.example"),
        ("http://127.0.0.1:8000/", "localhost"),
        ("http://[::1]/", "localhost"),
        ("http://localhost:8000", "localhost"),
    ],
)
def test_a_uid_has_the_domain_of_the_instance(public_url: str, domain: str) -> None:
    """An address of a machine is none."""
    booking_id = new_id()
    assert event_uid(booking_id, public_domain(public_url)) == f"{booking_id}@{domain}"
