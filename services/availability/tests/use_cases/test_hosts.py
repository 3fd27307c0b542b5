"""The projection of users, and look-ups in the directory."""

import asyncio
import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from linktime_availability.clients.scim import HostDirectory
from linktime_availability.consumers import HANDLERS
from linktime_availability.domain.errors import HostNotFound
from linktime_availability.domain.schedule import Schedule, default_schedule
from linktime_availability.store import hosts, schedules
from linktime_availability.use_cases.find_host import find_host, find_host_by_username
from linktime_availability.use_cases.set_schedule import set_schedule
from linktime_common.contracts.events.scim import (
    UserCreated,
    UserDeactivated,
    UserEvent,
    UserState,
    UserUpdated,
)
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.errors import Unavailable
from linktime_common.http.client import InternalClient, open_session
from linktime_common.ids import new_id
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import signer_of


async def apply(world: Any, kind: type[UserEvent], user: UserState, version: int) -> None:
    event = kind(
        occurred_at=datetime.now(UTC),
        owner_id=user.id,
        aggregate_id=user.id,
        aggregate_version=version,
        user=user,
    )
    async with world.database.transaction() as connection:
        await HANDLERS[kind](connection, event)


async def schedule_of(world: Any, user: UserState) -> Schedule | None:
    async with world.database.connection() as connection:
        return await schedules.find(connection, user.id)


async def test_a_new_user_has_office_hours_in_their_zone(world: Any) -> None:
    """Monday to Friday, nine to five."""
    user = world.user(timezone="Asia/Kathmandu")
    await apply(world, UserCreated, user, 1)
    found = await schedule_of(world, user)
    assert found is not None
    assert found.timezone == "Asia/Kathmandu"
    assert {day: windows for day, windows in found.weekly.items() if windows} == dict(
        default_schedule("UTC").weekly
    )


async def test_unknown_time_zone_becomes_utc(world: Any) -> None:
    """An invalid zone in the directory must not make listing slots fail."""
    user = world.user(timezone="Mars/Olympus")
    await apply(world, UserCreated, user, 1)
    found = await schedule_of(world, user)
    assert found is not None
    assert found.timezone == "UTC"


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1, 3), (3, 1, 2, 2)])
async def test_newest_version_is_kept(world: Any, order: tuple[int, ...]) -> None:
    """In every order of events."""
    user = world.user()
    kinds = {1: UserCreated, 2: UserUpdated, 3: UserDeactivated}
    for version in order:
        state = user.model_copy(update={"name": f"Name {version}", "active": version != 3})
        await apply(world, kinds[version], state, version)
    async with world.database.connection() as connection:
        host = await hosts.find(connection, user.id)
    assert host is not None
    assert (host.name, host.active) == ("Name 3", False)


async def test_later_events_keep_the_schedule(world: Any) -> None:
    """The default schedule is inserted only if there is none."""
    user = world.user()
    world.directory.users[user.id] = DirectoryUser(user=user, version=1)
    closed = Schedule("Europe/London", dict.fromkeys(range(7), ()))
    await set_schedule(user.id, closed, world.deps, world.attempt())
    await apply(world, UserUpdated, user, 2)
    assert await schedule_of(world, user) == closed


async def test_missing_host_is_read_from_the_directory(world: Any) -> None:
    """Concurrent look-ups store one host and one schedule; later ones do not ask the directory."""
    user = world.user()
    world.directory.users[user.id] = DirectoryUser(user=user, version=7)
    found = await asyncio.gather(*(find_host(user.id, world.deps) for _ in range(10)))
    assert {host.username for host in found} == {user.username}
    assert await schedule_of(world, user) is not None
    asked = len(world.directory.asked)
    await find_host(user.id, world.deps)
    assert len(world.directory.asked) == asked


async def test_host_not_found_only_if_the_directory_responds(world: Any) -> None:
    """Unavailable when the directory does not respond."""
    with pytest.raises(HostNotFound):
        await find_host(new_id(), world.deps)
    async with open_session() as session:
        client = InternalClient(
            session,
            base_url=f"http://127.0.0.1:{free_port()}",
            audience="scim",
            signer=signer_of("availability", "scim"),
        )
        with pytest.raises(Unavailable):
            await find_host(
                new_id(), dataclasses.replace(world.deps, directory=HostDirectory(client))
            )


async def test_ambiguous_username_is_resolved_by_the_directory(world: Any) -> None:
    """Until the event of the renamed user arrives, each look-up asks the directory once."""
    before, after = world.user(), world.user()
    after = after.model_copy(update={"username": before.username})
    await apply(world, UserCreated, before, 1)
    await apply(world, UserCreated, after, 1)
    renamed = before.model_copy(update={"username": f"{before.username}x"})
    world.directory.users[before.id] = DirectoryUser(user=renamed, version=2)
    world.directory.users[after.id] = DirectoryUser(user=after, version=1)
    found = await find_host_by_username(after.username, world.deps)
    assert found.id == after.id
    assert world.directory.asked[-1] == after.username
    await apply(world, UserUpdated, renamed, 2)
    asked = len(world.directory.asked)
    assert (await find_host_by_username(after.username, world.deps)).id == after.id
    assert len(world.directory.asked) == asked


async def test_missing_username_is_read_from_the_directory(world: Any) -> None:
    """A new user has a page and the default schedule at once; stored users need no request."""
    user = world.user()
    world.directory.users[user.id] = DirectoryUser(user=user, version=3)
    assert (await find_host_by_username(user.username, world.deps)).id == user.id
    assert await schedule_of(world, user) is not None
    asked = len(world.directory.asked)
    assert (await find_host_by_username(user.username, world.deps)).id == user.id
    assert len(world.directory.asked) == asked


@pytest.mark.parametrize("name", ["", "a", "a_b", "-ada", "a" * 40, "a b", "é", "a\x00b"])
async def test_invalid_username(world: Any, name: str) -> None:
    """The directory is not asked."""
    asked = len(world.directory.asked)
    with pytest.raises(HostNotFound):
        await find_host_by_username(name, world.deps)
    assert len(world.directory.asked) == asked


async def test_username_not_found_only_if_the_directory_responds(world: Any) -> None:
    """Unavailable when the directory does not respond."""
    with pytest.raises(HostNotFound):
        await find_host_by_username("nobody-at-all", world.deps)
    async with open_session() as session:
        client = InternalClient(
            session,
            base_url=f"http://127.0.0.1:{free_port()}",
            audience="scim",
            signer=signer_of("availability", "scim"),
        )
        with pytest.raises(Unavailable):
            await find_host_by_username(
                "nobody-at-all",
                dataclasses.replace(world.deps, directory=HostDirectory(client)),
            )
