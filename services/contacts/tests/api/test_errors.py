"""Every refusal has a status."""

from linktime_common.errors import Refusal
from linktime_contacts.api.errors import STATUSES
from linktime_contacts.domain import errors


def test_every_refusal_has_a_status() -> None:
    """A refusal without one would return 500."""
    refusals = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    }
    assert refusals == set(STATUSES)
