"""Every refusal has a status."""

from linktime_common.errors import Refusal
from linktime_scim.api.errors import STATUSES
from linktime_scim.domain import errors


def test_every_refusal_has_a_status() -> None:
    """A refusal without a status would be a 500."""
    refusals = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal
    }
    assert refusals == set(STATUSES)
