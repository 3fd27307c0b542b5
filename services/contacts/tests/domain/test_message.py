"""Reports of a message are merged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from linktime_contacts.domain.direction import Direction
from linktime_contacts.domain.message import Message, MessageStatus

SENT_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MESSAGE = Message(
    source="twilio",
    external_id="SM1",
    direction=Direction.OUTBOUND,
    content="Hello",
    media=[{"url": "https://example.com/a.png", "content_type": None}],
    sent_at=SENT_AT,
    status=MessageStatus.SENT,
)


def status_after(*statuses: str | None) -> str | None:
    """Return the status after reports in this order."""
    statuses = [
        replace(MESSAGE, status=None if name is None else MessageStatus(name)) for name in statuses
    ]
    first, *later = statuses
    for one in later:
        first = first.merged(one)
    return first.status


@pytest.mark.parametrize(
    ("statuses", "end"),
    [
        (["QUEUED", "SENDING", "SENT", "DELIVERED", "READ"], "READ"),
        (["QUEUED", "SENT", "FAILED"], "FAILED"),
        (["QUEUED", "SENT", "UNDELIVERED"], "UNDELIVERED"),
        (["SENT", "FAILED", "DELIVERED"], "DELIVERED"),
        (["UNDELIVERED", "READ"], "READ"),
        ([None, "QUEUED"], "QUEUED"),
        ([None, None], None),
    ],
)
def test_the_order_of_statuses_does_not_matter(statuses: list[str | None], end: str | None) -> None:
    """The status never moves back; a delivery outranks a failure."""
    assert {status_after(*order) for order in permutations(statuses)} == {end}


def test_of_two_failures_the_last_report_wins() -> None:
    """FAILED and UNDELIVERED have the same rank."""
    assert status_after("FAILED", "UNDELIVERED") == "UNDELIVERED"
    assert status_after("UNDELIVERED", "FAILED") == "FAILED"


def test_every_status_has_a_rank() -> None:
    """A status without one would raise KeyError on ingestion."""
    for one in MessageStatus:
        assert status_after(None, one) == one


def test_empty_fields_are_filled_and_the_later_report_wins() -> None:
    """In either order; with equal times the last one received."""
    report = replace(MESSAGE, content=None, media=[], status=MessageStatus.DELIVERED)
    both = replace(MESSAGE, status=MessageStatus.DELIVERED)
    assert MESSAGE.merged(report) == report.merged(MESSAGE) == both
    later = replace(MESSAGE, content="Hello again", sent_at=SENT_AT + timedelta(seconds=1))
    assert MESSAGE.merged(later) == later.merged(MESSAGE) == later
    corrected = replace(MESSAGE, content="Hallo")
    assert MESSAGE.merged(corrected) == corrected
    assert corrected.merged(MESSAGE) == MESSAGE


def test_the_direction_does_not_change() -> None:
    """A later report cannot change it."""
    inbound = replace(MESSAGE, direction=Direction.INBOUND, sent_at=SENT_AT + timedelta(days=1))
    assert MESSAGE.merged(inbound).direction is Direction.OUTBOUND
