"""What a service knows of its database and its queue, for `linktime doctor`.

GET /internal/state  → 200 ServiceState (operator)
"""

from pydantic import Field

from linktime_common.contracts.wire import WireModel


class ServiceState(WireModel):
    """Of all processes of the service; what concerns RabbitMQ is None where it is not known.

    `missing_migrations` are in the code and not in the database, `unknown_migrations` the reverse.
    `subscriptions` counts the processes that consume the service's queue, `waiting_messages` the
    messages in it. `broker_problem` is a sentence without a full stop.
    """

    missing_migrations: list[str] = Field(default_factory=list)
    unknown_migrations: list[str] = Field(default_factory=list)
    unpublished_events: int
    oldest_event_seconds: float
    subscriptions: int | None = None
    waiting_messages: int | None = None
    broker_problem: str | None = None
