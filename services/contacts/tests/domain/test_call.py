"""Reports of a call are merged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from linktime_contacts.domain.call import Call, CallStatus
from linktime_contacts.domain.direction import Direction

STARTED_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CALL = Call(
    source="retell",
    external_id="c1",
    direction=Direction.INBOUND,
    contact_phone=None,
    agent_name=None,
    agent_id=None,
    started_at=STARTED_AT,
    ended_at=None,
    duration_seconds=0,
    status=CallStatus.FAILED,
    end_reason=None,
    summary=None,
    transcript=[],
    recording_url=None,
    booking_id=None,
    metadata={},
)
ENDED = replace(
    CALL,
    contact_phone="+4930123456",
    agent_name="Front desk",
    ended_at=STARTED_AT + timedelta(minutes=1),
    duration_seconds=60,
    status=CallStatus.COMPLETED,
    end_reason="user_hangup",
    metadata={"a": 1, "b": 1},
)
ANALYZED = replace(
    ENDED,
    agent_name=None,
    end_reason=None,
    summary="Wants to move",
    transcript=[{"role": "user", "text": "Hello?", "at_ms": None}],
    metadata={"c": 3},
)


def test_the_order_of_reports_does_not_matter() -> None:
    """Started, ended and analyzed: each fills fields that the others leave empty."""
    whole = replace(
        ENDED,
        summary="Wants to move",
        transcript=[{"role": "user", "text": "Hello?", "at_ms": None}],
        metadata={"a": 1, "b": 1, "c": 3},
    )
    for one, two, three in permutations([CALL, ENDED, ANALYZED]):
        assert one.merged(two).merged(three) == whole
        assert one.merged(two).merged(three).merged(two) == whole


def test_the_later_report_wins() -> None:
    """By the call's end, else its start; if equal, the last one received."""
    later = replace(
        ENDED,
        ended_at=STARTED_AT + timedelta(minutes=2),
        agent_name="Night desk",
        metadata={"a": 2},
    )
    whole = replace(later, metadata={"a": 2, "b": 1})
    assert ENDED.merged(later) == later.merged(ENDED) == whole
    corrected = replace(ENDED, agent_name="Desk")
    assert ENDED.merged(corrected) == corrected
    assert corrected.merged(ENDED) == ENDED


@pytest.mark.parametrize("other", [CallStatus.FAILED, CallStatus.NO_ANSWER])
def test_a_completed_call_stays_completed(other: CallStatus) -> None:
    """For any other status, before or after, with an earlier or a later time."""
    for minutes in (0, 1, 2):
        report = replace(ENDED, status=other, ended_at=STARTED_AT + timedelta(minutes=minutes))
        assert ENDED.merged(report).status is CallStatus.COMPLETED
        assert report.merged(ENDED).status is CallStatus.COMPLETED


def test_other_statuses_follow_the_later_report() -> None:
    """NO_ANSWER and FAILED have the same rank."""
    failed = replace(CALL, status=CallStatus.FAILED)
    unanswered = replace(CALL, status=CallStatus.NO_ANSWER)
    assert failed.merged(unanswered) == unanswered
    assert unanswered.merged(failed) == failed
