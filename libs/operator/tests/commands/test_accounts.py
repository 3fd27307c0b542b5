"""Commands for accounts, keys, organizations and tokens, against a running stack."""

import json
import os
import signal
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
from libs.operator.tests.launched import Launcher
from libs.operator.tests.users import new_key, new_user, some_email

from linktime_operator.operations import users


async def me(running: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
    """Call the gateway with a key and return its response."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{running['gateway']}/api/v1/me", headers={"Authorization": f"Bearer {key}"}
        ) as response,
    ):
        return response.status, await response.json()


async def test_a_made_user_and_key_work_at_once(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """The command returns when every service knows the account: no wait is needed."""
    arguments = ("--name", "Ann Host", "--timezone", "Europe/Berlin", "--plan", "pro", "--json")
    made = await launcher.command("user", "create", "--email", some_email(), *arguments)
    user = made.json
    assert set(user) == {"id", "email", "name", "username", "plan"}
    assert user["plan"] == "PRO"
    key = (await launcher.command("api-key", "create", "--user", user["email"], "--json")).json
    assert set(key) == {"id", "key", "name", "prefix", "last4"}
    assert key["key"].startswith(key["prefix"])
    assert key["key"].endswith(key["last4"])
    status, profile = await me(running, key["key"])
    assert status == 200
    assert profile["email"] == user["email"]


async def test_a_changed_plan_counts_at_once(launcher: Launcher, running: dict[str, Any]) -> None:
    """A key stops with the plan that allowed it, and works again with it."""
    user = await new_user(running)
    key = (await new_key(running, user)).key
    for plan, status in (("FREE", 401), ("BUSINESS", 200)):
        changed = await launcher.command(
            "user", "set-plan", "--user", user.email, "--plan", plan, "--json"
        )
        assert changed.json["plan"] == plan
        assert (await me(running, key))[0] == status


async def test_a_plan_is_not_changed_when_a_service_is_not_known(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """With only scim's address nothing is changed: the projections would be stale."""
    user = await new_user(running)
    services, keys = running["services"], running["operator"]["keys"]
    urls = {
        f"LINKTIME_{name.upper()}_INTERNAL_URL": services[name]["internalUrl"]
        for name in ("scim", "gateway")
    }
    env = {**urls, "LINKTIME_OPERATOR_KEYS": json.dumps(keys)}
    changing = ("user", "set-plan", "--user", user.email, "--plan", "FREE", "--json")
    refused = await launcher.command(*changing, env=env)
    assert refused.refusal["error"].startswith("The address of availability is not known")
    everyone = (await launcher.command("user", "list", "--json")).json
    (now,) = [one for one in everyone if one["email"] == user.email]
    assert now["plan"] == user.plan


async def test_a_partial_change_is_reported(
    launcher: Launcher, running: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is set, and the error names the service that does not know it."""
    monkeypatch.setattr(users, "SPREAD_SECONDS", 0.0)
    user = await new_user(running)
    urls = {
        f"LINKTIME_{name.upper()}_INTERNAL_URL": one["internalUrl"]
        for name, one in running["services"].items()
    }
    env = {
        **urls,
        "LINKTIME_AVAILABILITY_INTERNAL_URL": "http://127.0.0.1:9",
        "LINKTIME_OPERATOR_KEYS": json.dumps(running["operator"]["keys"]),
    }
    changing = ("user", "set-plan", "--user", user.email, "--plan", "FREE", "--json")
    half = await launcher.command(*changing, env=env)
    assert half.refusal["error"] == (
        "The plan is set; availability does not know it yet: run the command again."
    )
    assert (await launcher.command(*changing)).json["plan"] == "FREE"


async def test_a_revoked_key_is_refused(launcher: Launcher, running: dict[str, Any]) -> None:
    """It stays in the list, marked; revoking another user's key does nothing."""
    user, other = await new_user(running), await new_user(running)
    key = await new_key(running, user)
    revoke = ("api-key", "revoke", "--id", str(key.id), "--yes", "--json", "--user")
    assert "has no API key" in (await launcher.command(*revoke, other.email)).refusal["error"]
    assert (await me(running, key.key))[0] == 200
    assert (await launcher.command(*revoke, user.email)).status == 0
    assert (await me(running, key.key))[0] == 401
    keys = (await launcher.command("api-key", "list", "--user", user.email, "--json")).json
    (listed,) = keys["data"]
    assert listed["id"] == str(key.id)
    assert listed["revokedAt"] is not None
    assert "key" not in listed


async def test_keys_are_listed_in_pages(launcher: Launcher, running: dict[str, Any]) -> None:
    """Each is found, the newest first."""
    user = await new_user(running)
    keys = [await new_key(running, user) for _ in range(3)]
    listing = ("api-key", "list", "--user", user.email, "--limit", "2", "--json")
    pages = [(await launcher.command(*listing, "--page", page)).json for page in ("1", "2")]
    assert pages[0]["pagination"] == {"page": 1, "limit": 2, "total": 3, "totalPages": 2}
    assert [[one["id"] for one in page["data"]] for page in pages] == [
        [str(keys[2].id), str(keys[1].id)],
        [str(keys[0].id)],
    ]


async def test_a_password_is_read_from_standard_input(launcher: Launcher, running: object) -> None:
    """It is on no command line; one that is too short is refused with its field."""
    arguments = ("user", "create", "--name", "Ann", "--password-stdin", "--json", "--email")
    made = await launcher.command(*arguments, some_email(), given=b"correct horse battery\n")
    assert made.status == 0, made.error
    refused = await launcher.command(*arguments, some_email(), given=b"short\n")
    assert "password" in refused.refusal["details"]


@pytest.mark.parametrize(
    ("given", "said"),
    [(b"", "There is no password"), (b"\n", "There is no password"), (b"\xff\n", "UTF-8")],
)
async def test_without_a_password_on_standard_input_no_account_is_created(
    launcher: Launcher, running: object, given: bytes, said: str
) -> None:
    """A pipe whose writer failed creates no account without a password."""
    email = some_email()
    arguments = ("user", "create", "--name", "Ann", "--password-stdin", "--email", email)
    refused = await launcher.command(*arguments, given=given)
    assert (refused.status, refused.output) == (2, "")
    assert said in refused.error
    listed = (await launcher.command("user", "list", "--json")).json
    assert email not in {one["email"] for one in listed}


async def test_everybody_is_listed(launcher: Launcher, running: dict[str, Any]) -> None:
    """As JSON for programs, and as lines whose ids can be copied for people."""
    user = await new_user(running)
    listed = (await launcher.command("user", "list", "--json")).json
    assert {user.email, running["demo"]["email"]} <= {one["email"] for one in listed}
    (line,) = [
        line
        for line in (await launcher.command("user", "list")).output.splitlines()
        if user.email in line
    ]
    assert line.startswith(str(user.id))


async def test_an_organization_with_its_domain_and_token(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Its owner is named by e-mail; the token is shown once."""
    owner = await new_user(running)
    made = await launcher.command(
        "org", "create", "--name", "Acme", "--owner", owner.email, "--json"
    )
    assert made.json["name"] == "Acme"
    organization = made.json["id"]
    domain = f"{uuid4().hex[:10]}.example"
    verified = await launcher.command(
        "org", "verify-domain", "--org", organization, "--domain", domain, "--json"
    )
    assert verified.json["verifiedDomains"] == [domain]
    token = (await launcher.command("scim-token", "create", "--org", organization, "--json")).json
    assert token["token"].startswith("lt_scim_")


@pytest.mark.parametrize(
    "arguments",
    [
        ("api-key", "create", "--user"),
        ("org", "create", "--name", "X", "--owner"),
    ],
)
async def test_an_unknown_user_is_named(
    launcher: Launcher, running: object, arguments: tuple[str, ...]
) -> None:
    """With the command that lists users."""
    refused = await launcher.command(*arguments, "nobody@example.com", "--json")
    assert refused.refusal["error"] == (
        "There is no user with the e-mail nobody@example.com. See `linktime user list`."
    )


async def test_a_refusal_names_the_field(launcher: Launcher, running: dict[str, Any]) -> None:
    """Taken e-mail, invalid zone, past expiry, unknown id: one sentence each, status 1."""
    demo = running["demo"]["email"]
    taken = await launcher.command("user", "create", "--email", demo, "--name", "X", "--json")
    assert taken.refusal["error"]
    zone = ("user", "create", "--name", "X", "--timezone", "Mars/Base", "--json", "--email")
    assert "timezone" in (await launcher.command(*zone, some_email())).refusal["details"]
    past = ("api-key", "create", "--user", demo, "--expires", "2001-01-01T00:00:00Z", "--json")
    assert "expiresAt" in (await launcher.command(*past)).refusal["details"]
    nobody = str(UUID(int=7))
    gone = await launcher.command("scim-token", "create", "--org", nobody, "--json")
    assert gone.refusal["error"] == "Organization not found"


async def test_without_json_a_refusal_is_a_line_for_a_person(
    launcher: Launcher, running: object
) -> None:
    """The sentence, then each field, on standard error."""
    refused = await launcher.command(
        "user", "create", "--name", "X", "--timezone", "Mars/Base", "--email", some_email()
    )
    assert (refused.status, refused.output) == (1, "")
    assert "  timezone: " in refused.error


async def test_a_restarting_projection_is_waited_for(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """The command returns when the restarted availability service knows the user too."""
    killed = running["services"]["availability"]["pids"][0]
    os.kill(killed, signal.SIGKILL)
    made = await launcher.command(
        "user", "create", "--email", some_email(), "--name", "Patient", "--json"
    )
    assert made.status == 0, made.error
    now = launcher.file["services"]["availability"]
    assert killed not in now["pids"]
    find = "SELECT count(*) FROM hosts WHERE id = $1"
    connection = await asyncpg.connect(
        launcher.file["postgres"]["databases"]["availability"]["dsn"]
    )
    try:
        assert await connection.fetchval(find, UUID(made.json["id"])) == 1
    finally:
        await connection.close()


async def test_a_key_of_a_date_works_until_its_end(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """In UTC; it expires with the next day."""
    user = await new_user(running)
    made = ("api-key", "create", "--user", user.email, "--json", "--expires", "2090-12-31")
    assert (await launcher.command(*made)).status == 0
    (key,) = (await launcher.command("api-key", "list", "--user", user.email, "--json")).json[
        "data"
    ]
    assert key["expiresAt"] == "2091-01-01T00:00:00.000Z"


async def test_an_account_is_deactivated_and_activated_at_once(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Its keys are refused in between; `user show` and the list say so."""
    user = await new_user(running)
    key = (await new_key(running, user)).key
    one = ("--user", user.email)
    for verb, active, status in (("deactivate", False, 401), ("activate", True, 200)):
        changed = (await launcher.command("user", verb, *one, "--json")).json
        assert (changed["id"], changed["active"]) == (str(user.id), active)
        assert (await launcher.command("user", "show", *one, "--json")).json == changed
        assert (await me(running, key))[0] == status
        lines = (await launcher.command("user", "list")).output.splitlines()
        (line,) = [line for line in lines if user.email in line]
        assert line.endswith("yes" if active else "no")
        assert max(map(len, lines)) <= 80


async def test_organizations_are_listed_with_their_members(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """With the owner's e-mail; an unknown one is refused."""
    owner = await new_user(running)
    creating = ("org", "create", "--name", "Acme", "--owner", owner.email, "--json")
    made = (await launcher.command(*creating)).json
    listed = (await launcher.command("org", "list", "--json")).json
    (found,) = [one for one in listed if one["id"] == made["id"]]
    assert (found["name"], found["ownerEmail"]) == ("Acme", owner.email)
    lines = (await launcher.command("org", "list")).output.splitlines()
    assert [line.split() for line in lines if made["id"] in line] == [
        [made["id"], "Acme", owner.email, made["plan"]]
    ]
    members = (await launcher.command("org", "members", "--org", made["id"], "--json")).json
    assert [(one["email"], one["role"]) for one in members["data"]] == [(owner.email, "owner")]
    of_both = ("--org", made["id"], "--user", owner.email, "--json")
    changed = await launcher.command("org", "set-owner", *of_both)
    assert (changed.json["id"], changed.json["plan"]) == (made["id"], made["plan"])
    refused = await launcher.command("org", "remove-member", *of_both)
    assert refused.refusal["code"] == "owner_stays"
    gone = await launcher.command("org", "members", "--org", str(UUID(int=7)), "--json")
    assert gone.refusal["error"] == "Organization not found"
