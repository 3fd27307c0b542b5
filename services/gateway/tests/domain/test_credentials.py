"""Secrets and the Authorization header."""

from datetime import UTC, datetime, timedelta

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.ids import new_id
from linktime_gateway.domain.credentials import (
    API_KEY_PREFIX,
    SCIM_TOKEN_PREFIX,
    ApiKeyGrant,
    hash_of,
    issue,
    read_bearer,
)

# Not random: parallel test runs need equal test ids.
KEY = f"{API_KEY_PREFIX}{'aB3' * 14}Z"


def test_only_hash_prefix_and_last_four_are_stored() -> None:
    """They verify and identify the key."""
    issued = issue(API_KEY_PREFIX)
    assert issued.hash == hash_of(issued.token)
    assert len(issued.hash) == 32
    assert issued.token.startswith(issued.prefix)
    assert issued.prefix.startswith("lt_live_")
    assert len(issued.prefix) == 12
    assert issued.token.endswith(issued.last4)
    assert len(issued.last4) == 4
    assert issue(SCIM_TOKEN_PREFIX).token.startswith("lt_scim_")


def test_secrets_do_not_repeat() -> None:
    """256 random bits each."""
    assert len({issue(API_KEY_PREFIX).token for _ in range(1000)}) == 1000


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER  {KEY} "])
def test_the_scheme_is_read_in_any_case(header: str) -> None:
    """HTTP's authentication schemes ignore letter case."""
    assert read_bearer(header, API_KEY_PREFIX) == KEY


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        KEY,
        f"Basic {KEY}",
        f"Bearer{KEY}",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        f"Bearer {KEY} {KEY}",
        f"Bearer {KEY[:-1]}é",
        f"Bearer {KEY.upper()}",
        f"Bearer {KEY.replace(API_KEY_PREFIX, SCIM_TOKEN_PREFIX)}",
        "Bearer lt_live_" + "\udcff" * 43,
        "Bearer " + "x" * 100_000,
    ],
)
def test_a_malformed_header_has_no_key(header: str | None) -> None:
    """It is refused before any look-up."""
    assert read_bearer(header, API_KEY_PREFIX) is None


def test_keys_and_tokens_have_different_prefixes() -> None:
    """Neither is accepted in place of the other."""
    token = issue(SCIM_TOKEN_PREFIX).token
    assert read_bearer(f"Bearer {token}", SCIM_TOKEN_PREFIX) == token
    assert read_bearer(f"Bearer {token}", API_KEY_PREFIX) is None
    assert read_bearer(f"Bearer {KEY}", SCIM_TOKEN_PREFIX) is None


def test_a_key_ends_at_its_expiry() -> None:
    """At that instant it has expired."""
    now = datetime(2026, 3, 1, tzinfo=UTC)

    def grant(expires_at: datetime | None) -> ApiKeyGrant:
        return ApiKeyGrant(new_id(), new_id(), Plan.PRO, expires_at)

    assert grant(now).has_expired(now)
    assert not grant(now + timedelta(seconds=1)).has_expired(now)
    assert not grant(None).has_expired(now)
