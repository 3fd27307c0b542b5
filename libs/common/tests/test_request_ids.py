"""Ids of requests: which of a caller are kept, and how events carry them."""

import io
import json
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

import pytest

from linktime_common import logs, request_ids
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.ids import new_id
from linktime_common.request_ids import begin_request

INVALID = [None, "", "two words", "a@example.com", "x" * 129, "new\nline", "é"]


def event() -> UserDeleted:
    identifier = new_id()
    return UserDeleted(
        occurred_at=datetime.now(UTC),
        owner_id=identifier,
        aggregate_id=identifier,
        aggregate_version=1,
        organization_ids=[],
    )


@pytest.mark.parametrize("sent", ["x" * 128, "01K-a.b_c~d:e/f+g=h"])
def test_a_callers_id_is_kept(sent: str) -> None:
    """If it is short and of harmless characters."""
    assert copy_context().run(begin_request, sent) == sent


@pytest.mark.parametrize("sent", INVALID)
def test_another_one_is_replaced(sent: str | None) -> None:
    """Each time by a new one."""
    made = {copy_context().run(begin_request, sent) for _ in range(2)}
    assert len(made) == 2
    assert all(one.startswith("req_") for one in made)


def test_every_line_of_a_request_has_its_id(written: io.StringIO) -> None:
    """Also one that is logged far from the handler; a line outside of any request has none."""

    def request() -> None:
        begin_request("ticket-1")
        logs.logger().info("inside")

    def outside() -> None:
        request_ids.current.set(None)
        logs.logger().info("outside")

    copy_context().run(request)
    copy_context().run(outside)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["event"], line.get("request_id")) for line in lines] == [
        ("inside", "ticket-1"),
        ("outside", None),
    ]


@pytest.mark.parametrize("sent", [*INVALID, 5, {"a": 1}])
def test_an_event_has_the_id_of_its_request_or_none(sent: Any) -> None:
    """An invalid one does not make the event unreadable."""
    document = json.loads(event().envelope(None, "ticket-1"))
    assert UserDeleted.from_envelope(document).request_id == "ticket-1"
    assert UserDeleted.from_envelope({**document, "requestid": sent}).request_id is None
    del document["requestid"]
    assert UserDeleted.from_envelope(document).request_id is None
