"""Which credentials of an account count."""

from datetime import UTC, datetime, timedelta

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_gateway.domain.accounts import Standing

THEN = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, AFTER = THEN - timedelta(microseconds=1), THEN + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("valid_from", "made_under", "counts"),
    [
        (None, None, True),
        (None, THEN, True),
        (THEN, None, False),
        (THEN, BEFORE, False),
        (THEN, THEN, True),
        (THEN, AFTER, True),
    ],
)
def test_a_credential_counts_until_its_account_ends_it(
    valid_from: datetime | None, made_under: datetime | None, counts: bool
) -> None:
    """One made under the present state counts, as does one made under a later one than is known."""
    standing = Standing(effective_plan=Plan.PRO, active=True, credentials_valid_from=valid_from)
    assert standing.honours(made_under) is counts
