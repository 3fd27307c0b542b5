"""Find a host in the projection, or else in the directory."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.event_type import Host, read_username
from linktime_availability.store import hosts
from linktime_availability.use_cases.apply_user import apply_user
from linktime_common.contracts.internal_api.scim import DirectoryUser


async def find_host(host_id: UUID, deps: Deps) -> Host:
    """Return the host; raises HostNotFound, or Unavailable when the directory does not respond."""
    async with deps.database.connection() as connection:
        host = await hosts.find(connection, host_id)
    return host or await _store(await deps.directory.find_user(host_id), deps)


async def find_host_by_username(username: str, deps: Deps) -> Host:
    """As `find_host`, by the username in any letter case, or by one that the host had.

    Asks the directory, which has former usernames, unless exactly one stored host has it.
    """
    username = read_username(username)
    async with deps.database.connection() as connection:
        found = await hosts.find_by_username(connection, username)
    if len(found) == 1:
        return found[0]
    return await _store(await deps.directory.find_user_by_username(username), deps)


async def find_open_host(username: str, deps: Deps) -> Host:
    """As `find_host_by_username`; raises HostNotFound for an inactive host, too."""
    host = await find_host_by_username(username, deps)
    if not host.active:
        raise HostNotFound
    return host


async def _store(answer: DirectoryUser | None, deps: Deps) -> Host:
    if answer is None:
        raise HostNotFound
    async with deps.database.transaction() as connection:
        await apply_user(connection, answer.user, answer.version)
        host = await hosts.find(connection, answer.user.id)
    if host is None:
        raise HostNotFound
    return host
