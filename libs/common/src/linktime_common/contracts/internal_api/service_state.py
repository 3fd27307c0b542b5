"""What a service knows of its database and its queue, for `linktime doctor`.

GET /internal/state  → 200 ServiceState (operator)
"""

from pydantic import Field

from linktime_common.contracts.wire import WireModel


class DatabaseConnections(WireModel):
    """Of the service's PostgreSQL; `server` is the same for all databases of one server.

    Ordinary users may have `most` connections together, and have `used`. The service has `own` of
    them, its `processes` may open `may_open`, and other programs have `others` in its database.
    `serving` of the processes answer HTTP; None if the service is of a version that does not count.
    """

    server: str
    most: int
    used: int
    own: int
    others: int = 0
    processes: int
    serving: int | None = None
    may_open: int


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
    connections: DatabaseConnections | None = None
