"""Filling and searching contacts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from linktime_common.contracts.events.bookings import BookedEventType, BookingStatus
from linktime_common.ids import new_id
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.meeting import Meeting, MeetingFigures, figures_of

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
ZOE = Contact(
    id=new_id(),
    owner_id=new_id(),
    name="Zoë",
    email="Zoe@Example.com",
    version=7,
    created_at=NOW,
    updated_at=NOW,
)


def test_an_empty_phone_is_filled_and_the_version_increases() -> None:
    """The booking's phone number is stored."""
    later = NOW + timedelta(days=1)
    filled = ZOE.filled(name="Zoë Q", phone="+4930123456", now=later)
    assert (filled.name, filled.phone, filled.updated_at) == ("Zoë", "+4930123456", later)
    assert filled.version > ZOE.version


def test_an_empty_name_is_filled() -> None:
    """A contact may have been created without a name."""
    assert replace(ZOE, name="").filled(name="Zoë Q", phone=None, now=NOW).name == "Zoë Q"


def test_written_values_are_not_overwritten() -> None:
    """The version does not change either."""
    known = replace(ZOE, phone="+4940111111")
    assert known.filled(name="Other", phone="+4930123456", now=NOW) is known


def test_filling_does_not_move_the_time_back() -> None:
    """The first event of an old booking may arrive late."""
    filled = ZOE.filled(name="Zoë", phone="+4930123456", now=NOW - timedelta(days=9))
    assert filled.updated_at == NOW


def test_the_search_key_has_name_email_and_company_without_letter_case() -> None:
    """One per line, so that no search spans two of them."""
    assert replace(ZOE, company="GROẞ & Co").search_key == "zoë\nzoe@example.com\ngross & co"


def test_the_figures_of_a_single_meeting() -> None:
    """Only a confirmed meeting counts; it is the last one after it has started."""
    kind = BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=30)
    meeting = Meeting(new_id(), NOW, NOW + timedelta(minutes=30), BookingStatus.CONFIRMED, kind)
    assert figures_of(meeting, now=NOW) == MeetingFigures(1, NOW)
    assert figures_of(meeting, now=NOW - timedelta(seconds=1)) == MeetingFigures(1, None)
    cancelled = replace(meeting, status=BookingStatus.CANCELLED)
    assert figures_of(cancelled, now=NOW) == MeetingFigures(0, None)
