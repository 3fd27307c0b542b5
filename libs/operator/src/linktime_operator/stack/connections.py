"""How many database connections the services may open, and the `max_connections` they need."""

from collections.abc import Iterable, Mapping

from linktime_common.process import ROLES, ProcessRole
from linktime_common.settings import POOL_SIZE
from linktime_operator.stack.services import SERVICES

OUTBOX = 1
"""Every process has a connection beside its pool that wakes relays, or is woken."""
LISTENERS: Mapping[str, tuple[ProcessRole, ...]] = {
    "gateway": ROLES,
    "webhooks": (ProcessRole.WORK, ProcessRole.ALL),
}
"""Roles with one more, for notifications of changed credentials or endpoints."""
MIGRATION = 2
"""One migrates, the other finds out who holds a lock."""
SPARE = 10
"""For backups, monitoring and an administrator."""
RESERVED = 3
"""PostgreSQL keeps them for superusers."""
MOST_PODS = {ProcessRole.SERVE: 6, ProcessRole.WORK: 3, ProcessRole.SYNC: 2}
"""Of a service on Kubernetes, for which its PostgreSQL has room; an upgrade adds one of each."""


def direct(service: str, role: ProcessRole) -> int:
    """Return the number of connections beside the pool."""
    return OUTBOX + (role in LISTENERS.get(service, ()))


def of_process(service: str, role: ProcessRole, pool_size: int = POOL_SIZE) -> int:
    """Return how many connections a process opens at most."""
    return pool_size + direct(service, role)


def on_one_machine(replicas: int = 1, pool_sizes: Mapping[str, int] | None = None) -> int:
    """Return `max_connections` of a server for all services.

    One more process of each has room: started by hand, or in place of another. `pool_sizes` is by
    service, with the default POOL_SIZE.
    """
    sizes = pool_sizes or {}
    running = (
        (replicas + 1) * of_process(name, ProcessRole.ALL, sizes.get(name, POOL_SIZE)) + MIGRATION
        for name in SERVICES
    )
    return _most(running)


def on_kubernetes(service: str) -> int:
    """Return `max_connections` of a service's own server."""
    return _most(
        (pods + 1) * of_process(service, role)
        for role, pods in MOST_PODS.items()
        if role in roles_of(service)
    )


def roles_of(service: str) -> tuple[ProcessRole, ...]:
    """Return the roles that a service has."""
    return (*ROLES, ProcessRole.SYNC) if service == "availability" else ROLES


def _most(connections: Iterable[int]) -> int:
    needed = sum(connections) + SPARE + RESERVED
    return -(-needed // 10) * 10
