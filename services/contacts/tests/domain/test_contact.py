"""What a contact is filled with and found by."""

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


def test_what_is_empty_is_filled_and_the_version_goes_on() -> None:
    """A phone number nobody had noted is noted."""
    later = NOW + timedelta(days=1)
    filled = ZOE.filled(name="Zoë Q", phone="+4930123456", now=later)
    assert (filled.name, filled.phone, filled.updated_at) == ("Zoë", "+4930123456", later)
    assert filled.version > ZOE.version


def test_an_empty_name_is_filled() -> None:
    """A contact may have been made without one."""
    assert replace(ZOE, name="").filled(name="Zoë Q", phone=None, now=NOW).name == "Zoë Q"


def test_what_the_host_wrote_is_not_overwritten() -> None:
    """Nothing to fill, nothing changed, not even the version."""
    known = replace(ZOE, phone="+4940111111")
    assert known.filled(name="Other", phone="+4930123456", now=NOW) is known


def test_filling_does_not_turn_the_clock_back() -> None:
    """The first word of an old booking may come late."""
    filled = ZOE.filled(name="Zoë", phone="+4930123456", now=NOW - timedelta(days=9))
    assert filled.updated_at == NOW


def test_a_search_looks_at_name_email_and_company_without_letter_case() -> None:
    """Each on a line of its own, so that no search spans two of them."""
    assert replace(ZOE, company="GROẞ & Co").search_key == "zoë\nzoe@example.com\ngross & co"


def test_the_figures_of_a_single_meeting() -> None:
    """Only a confirmed one counts; it is the last one as soon as it has begun."""
    kind = BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=30)
    meeting = Meeting(new_id(), NOW, NOW + timedelta(minutes=30), BookingStatus.CONFIRMED, kind)
    assert figures_of(meeting, now=NOW) == MeetingFigures(1, NOW)
    assert figures_of(meeting, now=NOW - timedelta(seconds=1)) == MeetingFigures(1, None)
    cancelled = replace(meeting, status=BookingStatus.CANCELLED)
    assert figures_of(cancelled, now=NOW) == MeetingFigures(0, None)
