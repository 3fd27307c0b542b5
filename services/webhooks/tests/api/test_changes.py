"""A webhook's URL and events changed behind a dashboard session."""

import asyncio
from typing import Any

import pytest
from services.webhooks.tests.conftest import Subscriber, dispatching
from services.webhooks.tests.events import booking_created

from linktime_common.http.idempotency import Answer, Attempt
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.testing.services import Running
from linktime_common.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, add_endpoint
from linktime_webhooks.use_cases.change_endpoint import ChangeEndpoint, change_endpoint
from linktime_webhooks.use_cases.take_in_events import take_in_events

from .test_dashboard import NEW, Ask, as_user

MOVED = "https://93.184.215.14/moved"


@pytest.fixture
def ask(webhooks: Running) -> Ask:
    """Some user."""
    return as_user(webhooks, new_id())


async def test_what_is_sent_changes_and_the_rest_stays(ask: Ask, database: Database) -> None:
    """Another webhook of the same owner too; the secret is the same, and not shown."""
    made, other = [(await ask("POST", body=NEW))[1] for _ in range(2)]
    async with database.connection() as connection:
        sealed = await connection.fetch("SELECT sealed FROM endpoint_secrets ORDER BY endpoint_id")
    shown = {name: value for name, value in made.items() if name != "secret"}
    path = f"/{made['id']}"
    for change in (
        {},
        {"url": MOVED},
        {"events": ["contact.created", "contact.created", "booking.cancelled"]},
    ):
        shown |= change | ({"events": sorted(set(change["events"]))} if "events" in change else {})
        assert await ask("PATCH", path, change) == (200, shown)
        assert await ask("GET", path) == (200, shown)
    assert (await ask("GET", f"/{other['id']}"))[1]["url"] == NEW["url"]
    async with database.connection() as connection:
        kept = await connection.fetch("SELECT sealed FROM endpoint_secrets ORDER BY endpoint_id")
    assert kept == sealed


async def test_what_was_read_can_be_sent_back(ask: Ask) -> None:
    """Changed in one place; what cannot be changed is passed over."""
    _status, made = await ask("POST", body=NEW)
    _status, seen = await ask("GET", f"/{made['id']}")
    sent = seen | {"url": MOVED, "createdAt": "2020-01-01T00:00:00.000Z", "id": str(new_id())}
    assert await ask("PATCH", f"/{made['id']}", sent) == (200, seen | {"url": MOVED})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://10.0.0.1/", "events": ["contact.created"]}, "url"),
        ({"events": []}, "events"),
        ({"events": None}, "events"),
        ({"events": ["booking.exploded"], "url": MOVED}, "events"),
        ({"secret": "whsec_x"}, "secret"),
    ],
)
async def test_bad_input_is_named(ask: Ask, change: dict[str, Any], field: str) -> None:
    """400 with the field; nothing of the request is done."""
    _status, made = await ask("POST", body=NEW)
    status, answer = await ask("PATCH", f"/{made['id']}", change)
    assert (status, list(answer["details"])) == (400, [field])
    seen = (await ask("GET", f"/{made['id']}"))[1]
    assert (seen["url"], seen["events"]) == (NEW["url"], sorted(NEW["events"]))


async def test_a_change_repeats_with_its_key(ask: Ask) -> None:
    """The first answer again, though it has changed since; another body is 422."""
    _status, made = await ask("POST", body=NEW)
    path = f"/{made['id']}"
    answers = await asyncio.gather(*(ask("PATCH", path, {"url": MOVED}, key="k") for _ in range(5)))
    assert answers == [answers[0]] * 5
    assert answers[0][0] == 200
    await ask("PATCH", path, {"url": NEW["url"]})
    assert await ask("PATCH", path, {"url": MOVED}, key="k") == answers[0]
    assert (await ask("GET", path))[1]["url"] == NEW["url"]
    assert (await ask("PATCH", path, {"events": ["contact.created"]}, key="k"))[0] == 422


async def test_what_waits_goes_to_the_new_url(deps: Deps, receiver: Subscriber) -> None:
    """It was promised when it happened, though its event is chosen no more; later ones are not."""
    event = booking_created(new_id())
    command = AddEndpoint(event.owner_id, f"{receiver.url}/old", ["booking.created"])
    endpoint, _secret = await add_endpoint(command, deps)
    async with deps.database.transaction() as connection:
        await take_in_events(connection, [event])
    change = ChangeEndpoint(event.owner_id, endpoint.id, f"{receiver.url}/new", ["contact.created"])
    await change_endpoint(change, deps, Attempt({}, 0, lambda _endpoint: Answer(200, {})))
    async with deps.database.transaction() as connection:
        await take_in_events(connection, [booking_created(event.owner_id)])
    async with dispatching(deps):
        await eventually(lambda: receiver.received)
    assert [one.path for one in receiver.received] == ["/hook/new"]
    async with deps.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM events") == 1
