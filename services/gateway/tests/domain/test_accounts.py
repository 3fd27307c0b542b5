"""Validity of an account's credentials."""

from datetime import UTC, datetime, timedelta

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_gateway.domain.accounts import AccountStatus

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
def test_a_credential_is_valid_until_its_account_ends_it(
    valid_from: datetime | None, made_under: datetime | None, counts: bool
) -> None:
    """Also one made under a later value than the projection has."""
    status = AccountStatus(effective_plan=Plan.PRO, active=True, credentials_valid_from=valid_from)
    assert status.accepts(made_under) is counts
