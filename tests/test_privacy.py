"""docs/privacy.md lists every table and the retention of its rows."""

import re
from datetime import timedelta

from linktime_common import idempotency
from linktime_common.messaging import inbox, relay
from linktime_gateway.domain import sessions
from linktime_gateway.workers import CLEAR_SECONDS
from linktime_operator.stack.services import SERVICES
from linktime_scim.domain import invitation, usernames
from linktime_scim.workers import SWEEP_SECONDS
from linktime_webhooks.use_cases import retain
from tests.pages import codes, table

OWNERS = {
    cells[0]: set(codes(cells[2])) for cells in table("docs/architecture.md", "Who owns what")
}
SHARED = {
    *("erasure_rounds", "idempotency_records", "inbox", "outbox", "parked_messages"),
    "user_deletions",
}
ROWS = table("docs/privacy.md", "What data is stored, where, and for how long")
KEPT = {name: cells[3] for cells in ROWS for name in codes(cells[2])}


def test_every_table_is_listed_once_with_its_service() -> None:
    """A new table needs a row with its content and retention."""
    named = [name for cells in ROWS for name in codes(cells[2])]
    assert sorted(named) == sorted({*set().union(*OWNERS.values()), *SHARED})
    for _data, where, tables, _kept in ROWS:
        services = set(re.findall(r"\w+", where)) & set(SERVICES)
        own = set(codes(tables)) - SHARED
        assert own <= set().union(*(OWNERS[service] for service in services)), tables


def days(kept: timedelta) -> str:
    return f"{kept.days} days"


def test_times_are_those_of_the_code() -> None:
    """For every retention that a constant sets."""
    assert days(relay.KEPT) in KEPT["outbox"]
    assert f"{idempotency.KEPT // timedelta(hours=1)} hours" == KEPT["idempotency_records"]
    assert days(retain.SEEN_KEPT) == days(inbox.KEPT) == KEPT["events_seen"]
    assert f"{retain.KEPT_DAYS} days" == KEPT["deliveries"]
    assert days(invitation.VALID_FOR) in KEPT["invitations"]
    assert f"within {SWEEP_SECONDS / 60:g} minutes" in KEPT["invitations"]
    retired = KEPT["retired_usernames"]
    assert days(usernames.KEPT) in retired
    assert f"within {SWEEP_SECONDS / 60:g} minutes" in retired
    ends = f"{days(sessions.LONGEST)}, or {days(sessions.LONGEST_IDLE)} without use"
    assert ends in KEPT["sessions"]
    assert f"within {CLEAR_SECONDS / 60:g} minutes" in KEPT["sessions"]
