"""The whole process: the directory's events reach their consumers."""

import aio_pika
import orjson
from aio_pika.abc import AbstractIncomingMessage

from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.messaging.topology import Topology
from linktime_common.process import ProcessRole
from linktime_local.testing.databases import FreshDsn
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually
from linktime_scim.app import SERVICE


async def test_events_reach_their_consumers_and_the_process_is_ready(
    fresh_dsn: FreshDsn, broker_url: str, topology_prefix: str
) -> None:
    """An account and its change of plan are in the queues of gateway and availability."""
    received: dict[str, list[dict[str, object]]] = {"gateway": [], "availability": []}
    topology = Topology(topology_prefix)
    async with (
        fresh_dsn() as dsn,
        running(
            SERVICE,
            ProcessRole.ALL,
            postgres_dsn=dsn,
            broker_url=broker_url,
            broker_prefix=topology_prefix,
            public_url="https://linktime.test",
        ) as scim,
        await aio_pika.connect(broker_url) as connection,
    ):

        async def ready() -> bool:
            async with scim.session.get(f"{scim.internal_url}/readyz") as response:
                return response.status == 200

        await eventually(ready, within=20)
        channel = await connection.channel()
        for consumer, events in received.items():

            async def take(
                message: AbstractIncomingMessage, events: list[dict[str, object]] = events
            ) -> None:
                events.append(orjson.loads(message.body))
                await message.ack()

            await (await channel.get_queue(topology.queue(consumer))).consume(take)

        headers = scim.identity(CallerKind.OPERATOR, issuer="operator")
        user_id = str(new_id())
        body = {"id": user_id, "email": "ann@example.com", "name": "Ann Lee"}
        users = f"{scim.internal_url}/internal/users"
        async with scim.session.post(users, json=body, headers=headers) as response:
            assert response.status == 201
        plan = {"plan": "FREE"}
        async with scim.session.put(f"{users}/{user_id}/plan", json=plan, headers=headers) as reply:
            assert reply.status == 200
        await eventually(lambda: all(len(events) == 2 for events in received.values()))
    for events in received.values():
        assert {event["type"] for event in events} == {"user.created", "user.updated"}
        assert {event["subject"] for event in events} == {user_id}
