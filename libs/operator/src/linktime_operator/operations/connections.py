"""Whether PostgreSQL has enough connections for what is connected."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from linktime_common.contracts.internal_api.service_state import DatabaseConnections
from linktime_operator.operations.probes import ServiceHealth

MOST_USED = 0.9

Counts = Mapping[str, DatabaseConnections]


def servers(services: Mapping[str, ServiceHealth]) -> list[Counts]:
    """Return the counts by service, for each PostgreSQL that was found."""
    found: dict[str, dict[str, DatabaseConnections]] = defaultdict(dict)
    for name, health in services.items():
        if health.state is not None and health.state.connections is not None:
            found[health.state.connections.server][name] = health.state.connections
    return list(found.values())


def connection_problems(services: Mapping[str, ServiceHealth]) -> list[str]:
    """Return which servers have too few connections, as sentences."""
    return [problem for counts in servers(services) for problem in _problems(counts)]


def shown(services: Mapping[str, ServiceHealth]) -> str | None:
    """Return used and most connections of each server, and what the services on it may open."""
    return "; ".join(map(_shown, servers(services))) or None


def _problems(counts: Counts) -> Iterator[str]:
    most, used = _most(counts), _used(counts)
    if used > most * MOST_USED:
        each = ", ".join(f"{name} {one.own}{_and_others(one)}" for name, one in counts.items())
        yield f"PostgreSQL has {used} of {most} connections in use ({each})."
    may_open = _may_open(counts)
    if may_open > most:
        each = ", ".join(
            f"{name} {one.may_open} of {one.processes} processes" for name, one in counts.items()
        )
        yield (
            f"The services may open {may_open} database connections ({each}), and PostgreSQL "
            f"accepts {most}: raise its max_connections, or lower <SERVICE>_POSTGRES_POOL_SIZE."
        )


def _shown(counts: Counts) -> str:
    others = sum(one.others for one in counts.values())
    own = sum(one.own for one in counts.values())
    programs = f"; other programs have {others} in their databases" if others else ""
    return (
        f"{_used(counts)} of {_most(counts)} in use; the services have {own} and may open "
        f"{_may_open(counts)}{programs}"
    )


def _and_others(one: DatabaseConnections) -> str:
    return f" and other programs {one.others}" if one.others else ""


def _most(counts: Counts) -> int:
    return min(one.most for one in counts.values())


def _used(counts: Counts) -> int:
    return max(one.used for one in counts.values())


def _may_open(counts: Counts) -> int:
    return sum(one.may_open for one in counts.values())
