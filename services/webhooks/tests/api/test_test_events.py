"""Test events of a webhook."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from services.webhooks.tests.api.calls import NEW, Ask
from services.webhooks.tests.rows import ago, end_all, live

from linktime_common.postgres import Database
from linktime_webhooks.domain.delivery import DeliveryState
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS
from linktime_webhooks.domain.samples import SAMPLES


@pytest.mark.parametrize("event_type", SAMPLES)
async def test_a_test_event_is_the_sample_marked_as_a_test(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database, event_type: str
) -> None:
    """With the present time, for this endpoint alone, to be tried once."""
    await ask("POST", body=NEW)
    status, made = await ask("POST", f"/{hook['id']}/test", {"eventType": event_type})
    assert (status, made["kind"], made["state"]) == (202, "test", "pending")
    assert made["eventType"] == event_type
    (row,) = await live(database)
    assert (str(row["id"]), str(row["endpoint_id"]), row["kind"]) == (
        made["id"],
        hook["id"],
        "test",
    )
    async with database.connection() as connection:
        stored = await connection.fetchrow("SELECT owner_id, body FROM events")
    body = orjson.loads(stored["body"])
    assert stored["owner_id"] == owner
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == event_type
    assert body["data"].pop("test") is True
    assert body["data"] == SAMPLES[event_type].model_dump(mode="json")["data"]
    assert datetime.fromisoformat(body["timestamp"]) > ago(minutes=1)


async def test_a_test_that_is_replayed_stays_a_test(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """It is tried once again, and does not count for the endpoint's health."""
    _status, made = await ask("POST", f"/{hook['id']}/test", {"eventType": "booking.created"})
    await end_all(database, DeliveryState.FAILED)
    status, again = await ask("POST", f"/{hook['id']}/deliveries/{made['id']}/replay")
    assert (status, again["kind"]) == (202, "test")


@pytest.mark.parametrize("body", [{}, {"eventType": "booking.exploded"}, {"eventType": 5}])
async def test_a_wrong_test_is_refused(
    ask: Ask, hook: dict[str, Any], database: Database, body: dict[str, Any]
) -> None:
    """400, and nothing is sent."""
    status, answer = await ask("POST", f"/{hook['id']}/test", body)
    assert (status, list(answer["details"])) == (400, ["eventType"])
    assert await live(database) == []


def test_samples_are_of_events_that_can_be_chosen() -> None:
    """Each under its payload's type, and every one can be sent as a test."""
    assert set(SAMPLES) == set(PUBLIC_EVENTS)
    assert all(payload.type == name for name, payload in SAMPLES.items())
