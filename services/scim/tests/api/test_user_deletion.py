"""The operator deletes a user from the directory."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from linktime_common.clock import SystemClock
from linktime_common.contracts.events.scim import Plan
from linktime_common.ids import new_id
from linktime_common.postgres import Database, connect
from linktime_local.testing.waiting import eventually
from linktime_scim.deps import Deps
from linktime_scim.domain.usernames import KEPT
from linktime_scim.use_cases.sweep_usernames import sweep_usernames

from .calls import Ask, Sent, Session, person
from .provider import Provider
from .team import assemble, join, user

GONE = (404, {"error": "User not found", "code": "user_not_found"})
TAKEN = (409, {"error": "This username is already taken", "code": "username_taken"})


@pytest.fixture(scope="module")
async def database(dsn: str) -> AsyncIterator[Database]:
    database = await connect(dsn, application_name="test")
    yield database
    await database.close()


@pytest.fixture
def renamed_user(ask: Ask, session: Session) -> Any:
    """Create a user who had another username before; return the body and both usernames."""

    async def make() -> tuple[dict[str, Any], str, str]:
        first, second = (f"u-{new_id().hex[-20:]}" for _ in range(2))
        body = person(username=first)
        assert (await ask("POST", "/internal/users", body))[0] == 201
        assert (await session(body["id"], "PATCH", "/me", {"username": second}))[0] == 200
        return body, first, second

    return make


async def delete(ask: Ask, user_id: Any) -> tuple[int, Any]:
    return await ask("DELETE", f"/internal/users/{user_id}")


async def count(database: Database, table: str, condition: str, value: Any) -> int:
    async with database.connection() as connection:
        found: int = await connection.fetchval(
            f"SELECT count(*) FROM {table} WHERE {condition}", value
        )
    return found


async def test_a_deleted_user_is_not_found(ask: Ask, sent: Sent, renamed_user: Any) -> None:
    """By id, e-mail and names, also a second time; one event is published."""
    body, *usernames = await renamed_user()
    user_id = body["id"]
    assert await delete(ask, user_id) == (200, {"userId": user_id, "state": "running"})
    assert await ask("GET", f"/internal/users/{user_id}") == GONE
    for name, value in (("email", body["email"]), *(("username", one) for one in usernames)):
        _status, found = await ask("GET", f"/internal/users?{name}={value}")
        assert found["data"] == []
    assert await delete(ask, user_id) == await delete(ask, new_id()) == GONE
    (event,) = await sent(UUID(user_id), "user.deleted")
    assert (event["ownerid"], event["data"]) == (user_id, {"organizationIds": []})
    (updated,) = await sent(UUID(user_id), "user.updated")
    assert event["aggregateversion"] > updated["aggregateversion"]
    assert await ask("GET", f"/internal/user-deletions/{user_id}") == (
        200,
        {"userId": user_id, "state": "running"},
    )


async def test_the_email_is_free_at_once_and_usernames_are_later(
    ask: Ask, session: Session, renamed_user: Any, database: Database
) -> None:
    """As those of an account that has another username: 90 days, for links to them."""
    body, *usernames = await renamed_user()
    await delete(ask, body["id"])
    status, made = await ask("POST", "/internal/users", person(email=body["email"]))
    assert status == 201
    other = made["user"]["id"]
    for username in usernames:
        assert await ask("POST", "/internal/users", person(username=username)) == TAKEN
        status, refused = await session(other, "PATCH", "/me", {"username": username})
        assert (status, refused["code"]) == (409, "username_taken")
    derived = await ask("POST", "/internal/users", person(name=usernames[0].replace("-", " ")))
    assert derived[1]["user"]["username"] == f"{usernames[0]}-2"
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE retired_usernames SET retired_at = retired_at - $1::interval",
            KEPT + timedelta(minutes=1),
        )
    assert (await session(other, "PATCH", "/me", {"username": usernames[0]}))[0] == 200
    assert (await ask("POST", "/internal/users", person(username=usernames[1])))[0] == 201
    deps = Deps(database, SystemClock(), Plan.FREE, "https://linktime.test")
    await sweep_usernames(deps)
    assert await count(database, "retired_usernames", "$1", True) == 0


async def test_a_username_that_was_used_twice_is_kept(
    ask: Ask, session: Session, renamed_user: Any
) -> None:
    """The account has a former username again."""
    body, first, _second = await renamed_user()
    assert (await session(body["id"], "PATCH", "/me", {"username": first}))[0] == 200
    assert (await delete(ask, body["id"]))[0] == 200
    assert await ask("POST", "/internal/users", person(username=first)) == TAKEN


async def test_an_owner_of_others_is_not_deleted(
    ask: Ask, session: Session, sent: Sent, database: Database
) -> None:
    """When the others are removed, the organization is deleted with its owner."""
    team = await assemble(ask, session)
    refused = await delete(ask, team.owner.id)
    assert refused == (
        409,
        {
            "error": "This user owns an organization with other members; remove them before you "
            "delete the user",
            "code": "organization_has_members",
        },
    )
    assert (await ask("GET", f"/internal/users/{team.owner.id}"))[0] == 200
    for other in (team.admin, team.member):
        assert (await delete(ask, other.id))[0] == 200
    organization = team.id
    domain = {"domain": f"d{new_id().hex[-12:]}.example"}
    path = f"/internal/organizations/{organization}"
    assert (await ask("POST", f"{path}/domains", domain))[0] == 200
    invited = {"email": f"{new_id()}@example.com"}
    assert (await session(team.owner.id, "POST", f"{team.path}/invitations", invited))[0] == 201
    assert (await delete(ask, team.owner.id))[0] == 200
    (event,) = await sent(team.owner.id, "user.deleted")
    assert event["data"] == {"organizationIds": [organization]}
    assert (await ask("GET", path))[0] == 404
    for table in ("memberships", "invitations", "verified_domains"):
        assert await count(database, table, "organization_id = $1", UUID(organization)) == 0


async def test_others_of_an_organization_stay(ask: Ask, session: Session) -> None:
    """Invitations of the deleted admin end, and so does one that the user has received."""
    team = await assemble(ask, session)
    invited, elsewhere = await user(ask), await user(ask)
    sending = f"{team.path}/invitations"
    await session(team.admin.id, "POST", sending, {"email": invited.email})
    _status, made = await session(elsewhere.id, "POST", "/organizations", {"name": "Other"})
    theirs = f"/organizations/{made['id']}/invitations"
    await session(elsewhere.id, "POST", theirs, {"email": team.admin.email})
    assert (await delete(ask, team.admin.id))[0] == 200
    _status, members = await session(team.owner.id, "GET", f"{team.path}/members")
    assert {one["email"] for one in members["data"]} == {team.owner.email, team.member.email}
    _status, received = await session(invited.id, "GET", "/invitations")
    assert received["data"] == []
    _status, left = await session(elsewhere.id, "GET", theirs)
    assert left["data"] == []
    assert (await join(session, team.path, team.owner.id, invited))[0] == 200


async def test_an_identity_provider_can_create_the_user_again(provider: Provider, ask: Ask) -> None:
    """A managed account is deleted too; the provider gets 404, and another account later."""
    made = await provider.make()
    account = await provider.account(made["userName"])
    assert (await delete(ask, account["id"]))[0] == 200
    path = f"/Users/{made['id']}"
    assert (await provider.call("GET", path)).error == (404, None)
    assert (await provider.call("DELETE", path)).error == (404, None)
    again = await provider.make(userName=made["userName"])
    assert again["id"] != made["id"]
    assert (await provider.account(made["userName"]))["id"] != account["id"]


@pytest.mark.parametrize("issuer", ["gateway", "bookings"])
async def test_no_service_may_delete(ask: Ask, issuer: str) -> None:
    """Only the operator."""
    status, _body = await ask("DELETE", f"/internal/users/{new_id()}", issuer=issuer)
    assert status == 503


async def test_an_organization_that_is_created_meanwhile_is_not_lost(
    ask: Ask, database: Database, sent: Sent
) -> None:
    """The operator is asked to repeat the command, and nothing is deleted."""
    owner = await user(ask)
    organization = new_id()
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO organizations VALUES ($1, 'Acme', $2, now())", organization, owner.id
        )
        deleting = asyncio.create_task(delete(ask, owner.id))
        await eventually(partial(is_waiting, database))
    status, refused = await deleting
    assert (status, refused["code"]) == (503, "unavailable")
    assert await sent(owner.id, "user.deleted") == []
    assert (await delete(ask, owner.id))[0] == 200
    assert await count(database, "organizations", "id = $1", organization) == 0


async def is_waiting(database: Database) -> bool:
    """Whether a statement waits for a lock."""
    return bool(await count(database, "pg_locks", "NOT granted AND $1", True))
