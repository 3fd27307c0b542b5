"""How migrations change present rows."""

from importlib.resources import files

from linktime_common.ids import new_id
from linktime_common.postgres import Database

USER = """
    INSERT INTO users (id, email, email_key, name, username, timezone, plan, version, created_at,
                       updated_at)
    VALUES ($1, 'a@example.com', 'a@example.com', 'Ann', 'ann', 'UTC', 'FREE', 1, now(), now())
"""
MEMBER = """
    INSERT INTO memberships (id, organization_id, user_id, role, created_at, scim_attributes,
                             scim_active, scim_version, scim_created_at, scim_updated_at,
                             user_name_key, emails_key)
    VALUES ($1, $1, $1, 'member', now(), $2, true, 7, now(), now(), 'ann', E'\\n')
"""


async def test_addresses_lose_display(database: Database) -> None:
    """Their order and other attributes stay; the version is a new one."""
    statement = (
        files("linktime_scim")
        .joinpath("migrations/0003_invitations.sql")
        .read_text("utf-8")
        .partition("UPDATE memberships")
    )
    one = new_id()
    emails = [
        {"value": "b@example.com", "display": "B", "type": "work"},
        {"value": "a@example.com"},
    ]
    async with database.transaction() as connection:
        await connection.execute(USER, one)
        await connection.execute("INSERT INTO organizations VALUES ($1, 'Acme', $1, now())", one)
        await connection.execute(MEMBER, one, {"userName": "Ann", "emails": emails})
        await connection.execute("".join(statement[1:]))
        row = await connection.fetchrow("SELECT scim_attributes, scim_version FROM memberships")
    assert dict(row["scim_attributes"]) == {
        "userName": "Ann",
        "emails": [{"value": "b@example.com", "type": "work"}, {"value": "a@example.com"}],
    }
    assert row["scim_version"] == 8


async def test_leftover_invitations_end(database: Database) -> None:
    """Those of inactive senders and those to members; the others remain."""
    statement = files("linktime_scim").joinpath("migrations/0004_end_invitations.sql")
    owner, admin = new_id(), new_id()
    invited = [("a@example.com", owner), ("b@example.com", owner), ("c@example.com", admin)]
    async with database.transaction() as connection:
        await connection.execute(USER, owner)
        await connection.execute(USER.replace("a@", "d@").replace("'ann'", "'dan'"), admin)
        await connection.execute("INSERT INTO organizations VALUES ($1, 'Acme', $1, now())", owner)
        for one in (owner, admin):
            await connection.execute(
                "INSERT INTO memberships (id, organization_id, user_id, role, active, created_at)"
                " VALUES ($1, $2, $1, 'admin', $3, now())",
                one,
                owner,
                one == owner,
            )
        for email, sender in invited:
            await connection.execute(
                "INSERT INTO invitations VALUES ($1, $2, $3, $3, 'member', $4, now(), now())",
                new_id(),
                owner,
                email,
                sender,
            )
        await connection.execute(statement.read_text("utf-8"))
        left = await connection.fetch("SELECT email FROM invitations")
    assert [row["email"] for row in left] == ["b@example.com"]


async def test_accounts_that_the_operator_deactivated_become_closed(database: Database) -> None:
    """Those that an organization manages do not; invitations of both end."""
    statement = files("linktime_scim").joinpath("migrations/0010_inactive_senders.sql")
    names = ["active", "operated", "managed"]
    ids = {name: new_id() for name in names}
    async with database.transaction() as connection:
        for name, one in ids.items():
            named = USER.replace("a@example.com", f"{name}@example.com").replace(
                "'ann'", f"'{name}'"
            )
            await connection.execute(named, one)
        acme = ids["active"]
        await connection.execute("INSERT INTO organizations VALUES ($1, 'Acme', $1, now())", acme)
        for name, one in ids.items():
            await connection.execute(
                "INSERT INTO memberships (id, organization_id, user_id, role, created_at)"
                " VALUES ($1, $2, $1, 'admin', now())",
                one,
                acme,
            )
            await connection.execute(
                "INSERT INTO invitations VALUES ($1, $2, $3, $3, 'member', $1, now(), now())",
                one,
                acme,
                f"to-{name}@example.com",
            )
        await connection.execute("UPDATE users SET active = false WHERE id <> $1", acme)
        await connection.execute(
            "UPDATE users SET managed_by = $1 WHERE id = $2", acme, ids["managed"]
        )
        await connection.execute(statement.read_text("utf-8"))
        rows = await connection.fetch("SELECT id, active, closed FROM users")
        left = await connection.fetch("SELECT email FROM invitations")
    assert {row["id"]: (row["active"], row["closed"]) for row in rows} == {
        ids["active"]: (True, False),
        ids["operated"]: (False, True),
        ids["managed"]: (False, False),
    }
    assert [row["email"] for row in left] == ["to-active@example.com"]
