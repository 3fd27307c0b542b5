"""Refusals and their statuses."""

import linktime_bookings.domain.errors as domain
from linktime_bookings.api.errors import STATUSES
from linktime_bookings.clients.availability import REFUSALS
from linktime_common.errors import Refusal


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    """A refusal without a status would be a 500."""
    refusals = {
        kind
        for kind in vars(domain).values()
        if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
    }
    assert refusals == set(STATUSES)
    assert set(REFUSALS.values()) < refusals
    for refusal in refusals:
        assert refusal.sentence[0].isupper()
        assert not refusal.sentence.endswith(".")
