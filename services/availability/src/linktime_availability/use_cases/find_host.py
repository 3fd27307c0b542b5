"""A host, known here already or asked of the directory."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.event_type import Host
from linktime_availability.store import hosts
from linktime_availability.use_cases.take_in_user import take_in_user


async def find_host(host_id: UUID, deps: Deps) -> Host:
    """Raises HostNotFound when the directory says no, Unavailable when it says nothing."""
    async with deps.database.connection() as connection:
        host = await hosts.find(connection, host_id)
    return host or await _ask_directory(host_id, deps)


async def find_host_by_username(username: str, deps: Deps) -> Host:
    """Raises HostNotFound. A name that two had here, while events travel, is asked about."""
    found = await _named(username, deps)
    if len(found) > 1:
        for host in found:
            await _ask_directory(host.id, deps)
        found = await _named(username, deps)
    if not found:
        raise HostNotFound
    return found[0]


async def _named(username: str, deps: Deps) -> list[Host]:
    async with deps.database.connection() as connection:
        return await hosts.find_by_username(connection, username)


async def _ask_directory(host_id: UUID, deps: Deps) -> Host:
    answer = await deps.directory.find_user(host_id)
    if answer is None:
        raise HostNotFound
    async with deps.database.transaction() as connection:
        await take_in_user(connection, answer.user, answer.version)
        host = await hosts.find(connection, host_id)
    if host is None:
        raise HostNotFound
    return host
