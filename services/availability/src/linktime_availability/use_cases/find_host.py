"""A host, known here already or asked of the directory."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.event_type import Host, is_username
from linktime_availability.store import hosts
from linktime_availability.use_cases.take_in_user import take_in_user
from linktime_common.contracts.internal_api.scim import DirectoryUser


async def find_host(host_id: UUID, deps: Deps) -> Host:
    """Raises HostNotFound when the directory says no, Unavailable when it says nothing."""
    async with deps.database.connection() as connection:
        host = await hosts.find(connection, host_id)
    return host or await _take_in(await deps.directory.find_user(host_id), deps)


async def find_host_by_username(username: str, deps: Deps) -> Host:
    """As `find_host`; the directory also tells who has a name that none or several have here."""
    if not is_username(username):
        raise HostNotFound
    async with deps.database.connection() as connection:
        found = await hosts.find_by_username(connection, username)
    if len(found) == 1:
        return found[0]
    return await _take_in(await deps.directory.find_user_called(username), deps)


async def find_open_host(username: str, deps: Deps) -> Host:
    """A host whose page can be seen; one who is inactive is not found either."""
    host = await find_host_by_username(username, deps)
    if not host.active:
        raise HostNotFound
    return host


async def _take_in(answer: DirectoryUser | None, deps: Deps) -> Host:
    if answer is None:
        raise HostNotFound
    async with deps.database.transaction() as connection:
        await take_in_user(connection, answer.user, answer.version)
        host = await hosts.find(connection, answer.user.id)
    if host is None:
        raise HostNotFound
    return host
