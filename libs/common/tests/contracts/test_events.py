"""Published events must stay readable for ever."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linktime_common.contracts.events import EVENTS, Event, next_version
from linktime_common.contracts.events.bookings import BookingCreated
from linktime_common.contracts.wire import format_instant
from linktime_common.messaging.topology import Topology

ROOT = Path(__file__).parents[4]
PACKAGE = "linktime_common.contracts.events"
BY_KEY = {event.routing_key(): event for event in EVENTS}
ARCHITECTURE = ROOT / "docs" / "architecture.md"
ASYNCAPI = ROOT / "services/gateway/src/linktime_gateway/documents/asyncapi.json"
"""Contains a message of each version, which is never changed."""


def sample(routing_key: str) -> dict[str, Any]:
    """Return the message that the AsyncAPI document has had since the version was published."""
    message = json.loads(ASYNCAPI.read_text("utf-8"))["components"]["messages"][routing_key]
    document: dict[str, Any] = message["examples"][0]["payload"]
    return document


def test_an_event_is_declared_in_the_module_of_its_publisher() -> None:
    """A declaration is all that the list of events needs, and is in it once."""
    declared = set(declarations(Event))
    assert set(EVENTS) == declared
    assert len(EVENTS) == len(BY_KEY) == len(declared)
    assert all(event.__module__ == f"{PACKAGE}.{event.publisher}" for event in EVENTS)


def declarations(base: type[Event]) -> Iterator[type[Event]]:
    """Yield the subclasses in the contracts that have a type."""
    for one in base.__subclasses__():
        if one.__module__.startswith(PACKAGE) and hasattr(one, "type"):
            yield one
        yield from declarations(one)


@pytest.mark.parametrize("routing_key", BY_KEY)
def test_a_sample_is_read_and_written_the_same(routing_key: str) -> None:
    """Nothing is lost or renamed in parsing and serialization; later fields have no value."""
    document = sample(routing_key)
    event = BY_KEY[routing_key].from_envelope(document)
    written = json.loads(event.envelope(document["traceparent"]))
    assert without_additions(written, document) == document


def without_additions(written: Any, document: Any) -> Any:
    """Return `written` without null fields that `document` does not have."""
    if not isinstance(written, dict) or not isinstance(document, dict):
        return written
    return {
        name: without_additions(value, document.get(name))
        for name, value in written.items()
        if name in document or value is not None
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.routing_key())
def test_a_field_of_a_later_version_is_ignored(event: type[Event]) -> None:
    """Publishers may add fields; older consumers ignore them."""
    document = sample(event.routing_key())
    document["data"]["invented"] = 1
    for state in ("booking", "user", "contact"):
        if state in document["data"]:
            document["data"][state]["invented"] = {"deep": True}
    assert event.from_envelope(document).event_id


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.routing_key())
def test_the_envelope_is_a_cloud_event(event: type[Event]) -> None:
    """The required attributes of CloudEvents 1.0, and times with Z."""
    document = sample(event.routing_key())
    assert document["specversion"] == "1.0"
    assert document["type"] == event.type
    assert document["source"] == f"/{event.publisher}"
    assert document["datacontenttype"] == "application/json"
    assert document["dataschema"].endswith(event.routing_key())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["time"])


def test_declarations_table_and_bindings_agree() -> None:
    """The documented table, the code and the broker's bindings agree."""
    text = ARCHITECTURE.read_text()
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\w+) \| ([\w., ]+) \|", text, re.MULTILINE)
    written = {name: (publisher, set(readers.split(", "))) for name, publisher, readers in rows}
    declared = {event.type: (event.publisher, set(event.consumers)) for event in EVENTS}
    assert written == declared
    assert set(Topology().consumers()) == set().union(*(event.consumers for event in EVENTS))


def test_names_that_requests_refuse_today_are_read_in_events() -> None:
    """Queues, backups and projections contain older names."""
    document = sample("booking.created.v1")
    document["data"]["booking"]["inviteeName"] = "A\r\nBcc: x@y.example \u202e"
    event = BookingCreated.from_envelope(document)
    assert event.booking.invitee_name == "A\r\nBcc: x@y.example \u202e"


def test_every_event_has_a_consumer() -> None:
    """An event without consumers is not published."""
    assert all(event.consumers for event in EVENTS)


def test_versions_never_go_back() -> None:
    """At least the clock: a restored backup cannot repeat a version."""
    event = BY_KEY["booking.created.v1"].from_envelope(sample("booking.created.v1"))
    now = event.occurred_at
    micros = int(now.timestamp() * 1_000_000)
    assert next_version(0, now) == micros
    assert next_version(micros, now) == micros + 1
    assert next_version(micros + 10**9, now) == micros + 10**9 + 1
    assert format_instant(now).endswith("Z")
