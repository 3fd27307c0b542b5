"""Events of calendars without a person."""

from linktime_availability.domain.erased_events import without_person

ADDRESSES = ["zoe@example.com"]
EVENT = (
    b"BEGIN:VEVENT\r\n"
    b"SUMMARY:Call with Zo\xc3\xab\r\n"
    b"DESCRIPTION:Write to\r\n  Zoe@Example.com\r\n"
    b'ATTENDEE;CN="Zo\xc3\xab":mailto:zoe@exam\r\n ple.com\r\n'
    b"ATTENDEE:mailto:joezoe@example.com\r\n"
    b"DTSTART:20260301T090000Z\r\n"
    b"END:VEVENT\r\n"
)


def test_the_event_of_a_booking_has_no_texts_and_attendees() -> None:
    """Its times stay."""
    assert without_person(EVENT, ADDRESSES, ours=True) == (
        b"BEGIN:VEVENT\r\nSUMMARY:Erased\r\nDTSTART:20260301T090000Z\r\nEND:VEVENT\r\n"
    )


def test_another_event_loses_the_address_only() -> None:
    """Also where a line is folded, and with the name that the attendee has there."""
    assert without_person(EVENT, ADDRESSES, ours=False) == (
        b"BEGIN:VEVENT\r\n"
        b"SUMMARY:Call with Zo\xc3\xab\r\n"
        b"DESCRIPTION:Write to erased@erased.invalid\r\n"
        b"ATTENDEE:mailto:erased@erased.invalid\r\n"
        b"ATTENDEE:mailto:joezoe@example.com\r\n"
        b"DTSTART:20260301T090000Z\r\n"
        b"END:VEVENT\r\n"
    )
