"""Events as bookings and contacts publish them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingCreated,
    BookingState,
    BookingStatus,
)
from linktime_common.contracts.events.contacts import ContactCreated, ContactMerged, ContactState

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)


def booking_created(owner_id: UUID) -> BookingCreated:
    booking_id = uuid4()
    return BookingCreated(
        occurred_at=NOW,
        owner_id=owner_id,
        aggregate_id=booking_id,
        aggregate_version=1,
        manage_url="https://book.example.com/manage/k1.token",
        contact_id=uuid4(),
        booking=BookingState(
            id=booking_id,
            status=BookingStatus.CONFIRMED,
            start_time=NOW,
            end_time=NOW + timedelta(minutes=30),
            buffer_before=0,
            buffer_after=0,
            invitee_name="Zoë",
            invitee_email="zoe@example.com",
            invitee_timezone="Europe/Berlin",
            invitee_phone=None,
            notes=None,
            answers=[Answer(question_id="topic", label="Topic", value="Prices")],
            event_type=BookedEventType(id=uuid4(), name="Intro", slug="intro", duration_minutes=30),
            host=BookedHost(
                id=owner_id,
                name="Ann",
                email="ann@example.com",
                username="ann",
                timezone="Europe/Vienna",
            ),
            location=None,
            source="api",
            sequence=0,
            reservation_id=uuid4(),
            created_at=NOW,
            updated_at=NOW,
            cancelled_at=None,
            cancellation_reason=None,
        ),
    )


def contact_created(owner_id: UUID) -> ContactCreated:
    contact_id = uuid4()
    return ContactCreated(
        occurred_at=NOW,
        owner_id=owner_id,
        aggregate_id=contact_id,
        aggregate_version=1,
        source="booking",
        contact=ContactState(
            id=contact_id,
            name="Zoë",
            email="zoe@example.com",
            phone=None,
            company=None,
            notes=None,
            meeting_count=1,
            last_meeting_at=None,
            created_at=NOW,
            updated_at=NOW,
        ),
    )


def contact_merged(owner_id: UUID) -> ContactMerged:
    created = contact_created(owner_id)
    return ContactMerged(
        occurred_at=NOW,
        owner_id=owner_id,
        aggregate_id=created.contact.id,
        aggregate_version=2,
        contact=created.contact,
        merged_contact_id=uuid4(),
        other_emails=["z@example.org"],
        other_phones=["+4930123456"],
    )
