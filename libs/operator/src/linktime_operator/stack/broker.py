"""The broker's users and topology, on a private or a given RabbitMQ."""

from collections.abc import Iterable

import aio_pika
from aio_pika.exceptions import AMQPError

from linktime_common.messaging.broker_users import MAY_MONITOR, NOTHING, BrokerUser
from linktime_common.messaging.topology import Topology
from linktime_operator.errors import StackError
from linktime_operator.stack.kept import KeptPasswords
from linktime_operator.stack.reasons import reason_of

CONNECT_SECONDS = 10.0
GIVEN = "RabbitMQ (LINKTIME_AMQP_URL)"


def users(topology: Topology, services: Iterable[str], secrets: KeptPasswords) -> list[BrokerUser]:
    """Return one user per service, permitted to publish only its own events."""
    made = []
    for service in services:
        may = topology.permissions(service)
        made.append(
            BrokerUser(
                service,
                secrets.password(f"rabbitmq-{service}"),
                configure=may.configure,
                write=may.write,
                read=may.read,
                topic_permissions={
                    topic.exchange: (topic.write, topic.read) for topic in may.topics
                },
            )
        )
    return made


def observer(name: str, secrets: KeptPasswords) -> BrokerUser:
    """Return a user that sees nodes and queues in the management API, and no message."""
    password = secrets.password(f"rabbitmq-{name}")
    return BrokerUser(
        name, password, configure=NOTHING, write=NOTHING, read=NOTHING, tag=MAY_MONITOR
    )


async def declare(url: str, topology: Topology, *, called: str = GIVEN) -> None:
    """Declare the topology before the services start, so that none waits for another's queue.

    `called` names the server in errors. Raises StackError when it cannot be used.
    """
    try:
        async with await aio_pika.connect(url, timeout=CONNECT_SECONDS) as connection:
            await topology.declare(await connection.channel())
    # aiormq raises StopAsyncIteration when a connection is accepted and closed at once.
    except (OSError, AMQPError, TimeoutError, StopAsyncIteration) as error:
        raise StackError(f"{called} cannot be used: {reason_of(error)}") from error


async def remove(url: str, topology: Topology) -> None:
    """Delete the queues and exchanges of a test stack."""
    async with await aio_pika.connect(url, timeout=CONNECT_SECONDS) as connection:
        channel = await connection.channel()
        for consumer in topology.consumers():
            await channel.queue_delete(topology.queue(consumer))
            await channel.queue_delete(topology.parking_queue(consumer))
        for stage in range(len(topology.stages)):
            await channel.queue_delete(topology.retry_exchange(stage))
            await channel.exchange_delete(topology.retry_exchange(stage))
        await channel.exchange_delete(topology.events_exchange)
        await channel.exchange_delete(topology.queues_exchange)
