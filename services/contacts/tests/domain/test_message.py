"""What is told about a message comes together."""

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
    """The status after these were told in this order."""
    told = [
        replace(MESSAGE, status=None if name is None else MessageStatus(name)) for name in statuses
    ]
    first, *later = told
    for one in later:
        first = first.merged(one)
    return first.status


@pytest.mark.parametrize(
    ("told", "end"),
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
def test_a_status_ends_the_same_in_every_order(told: list[str | None], end: str | None) -> None:
    """It never steps back; a failure stays unless it was delivered after all."""
    assert {status_after(*order) for order in permutations(told)} == {end}


def test_of_two_kinds_of_failure_the_last_word_stays() -> None:
    """Neither is further than the other."""
    assert status_after("FAILED", "UNDELIVERED") == "UNDELIVERED"
    assert status_after("UNDELIVERED", "FAILED") == "FAILED"


def test_every_status_has_its_place() -> None:
    """A new one without would be an error when it is first told."""
    for one in MessageStatus:
        assert status_after(None, one) == one


def test_what_is_open_is_filled_and_the_later_word_wins() -> None:
    """Whichever is told first; at the same time the word told last."""
    news = replace(MESSAGE, content=None, media=[], status=MessageStatus.DELIVERED)
    both = replace(MESSAGE, status=MessageStatus.DELIVERED)
    assert MESSAGE.merged(news) == news.merged(MESSAGE) == both
    later = replace(MESSAGE, content="Hello again", sent_at=SENT_AT + timedelta(seconds=1))
    assert MESSAGE.merged(later) == later.merged(MESSAGE) == later
    mended = replace(MESSAGE, content="Hallo")
    assert MESSAGE.merged(mended) == mended
    assert mended.merged(MESSAGE) == MESSAGE


def test_the_direction_stays_as_first_told() -> None:
    """A message does not turn round."""
    turned = replace(MESSAGE, direction=Direction.INBOUND, sent_at=SENT_AT + timedelta(days=1))
    assert MESSAGE.merged(turned).direction is Direction.OUTBOUND
