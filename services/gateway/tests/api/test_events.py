"""The projection of accounts, fed by real events over a real broker."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from linktime_common.broker import BrokerLink
from linktime_common.contracts.events.scim import (
    UserCreated,
    UserDeactivated,
    UserEvent,
    UserState,
    UserUpdated,
)
from linktime_common.postgres import Database, connect
from linktime_common.publisher import Publisher
from linktime_common.testing.waiting import eventually
from linktime_common.topology import Topology
from linktime_gateway.consumers import HANDLERS


def event(kind: type[UserEvent], user: UserState, version: int) -> UserEvent:
    return kind(
        occurred_at=datetime.now(UTC),
        owner_id=user.id,
        aggregate_id=user.id,
        aggregate_version=version,
        user=user,
    )


@pytest.fixture
async def database(database_dsn: str) -> AsyncIterator[Database]:
    database = await connect(database_dsn, application_name="test", size=4)
    yield database
    await database.close()


def history(user: UserState) -> list[UserEvent]:
    """Created, renamed, deactivated, back on another plan: with versions 1 to 4."""
    renamed = user.model_copy(update={"name": "Renamed"})
    inactive = renamed.model_copy(update={"active": False})
    back = renamed.model_copy(update={"effective_plan": "BUSINESS"})
    return [
        event(UserCreated, user, 1),
        event(UserUpdated, renamed, 2),
        event(UserDeactivated, inactive, 3),
        event(UserUpdated, back, 4),
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_events_in_any_order_and_twice_end_the_same(
    database: Database, world: Any, seed: int
) -> None:
    """The last version wins, whenever it comes; the login is made once."""
    user = world.directory.add()
    events = [*history(user), *history(user)]
    random.Random(seed).shuffle(events)
    for one in events:
        async with database.transaction() as connection:
            await HANDLERS[type(one)](connection, one)
    async with database.connection() as connection:
        stored = await connection.fetchrow(
            "SELECT name, effective_plan, active, version FROM accounts WHERE id = $1", user.id
        )
        logins = await connection.fetch("SELECT password_hash, activated_at FROM logins")
    assert tuple(stored) == ("Renamed", "BUSINESS", True, 4)
    assert [login["password_hash"] for login in logins] == [None]
    assert logins[0]["activated_at"] is not None


async def test_a_key_stops_and_works_again_as_events_arrive(
    call: Any, operator: Any, world: Any, settings: dict[str, Any]
) -> None:
    """From the broker to the refusal at the door, and back."""
    user = world.directory.add()
    key = (await operator.make_key(user))["key"]
    topology = Topology(settings["broker_prefix"])
    link = await BrokerLink.open(settings["broker_url"], name="scim", topology=topology)
    publisher = Publisher(link, timeout_seconds=5)

    async def publish(one: UserEvent) -> None:
        await publisher.publish(
            topology.events_exchange,
            one.routing_key(),
            one.envelope(),
            message_id=str(one.event_id),
            headers={},
        )

    async def answers(status: int) -> bool:
        return bool((await call("GET", "/api/v1/me", key)).status == status)

    try:
        assert await answers(200)
        inactive = user.model_copy(update={"active": False})
        await publish(event(UserDeactivated, inactive, 10))
        await eventually(lambda: answers(401))
        await publish(event(UserUpdated, inactive, 9))
        await publish(event(UserUpdated, user, 11))
        await eventually(lambda: answers(200))
    finally:
        await publisher.close()
        await link.close()
