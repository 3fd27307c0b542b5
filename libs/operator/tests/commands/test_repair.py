"""Dead-lettered messages, resync and doctor, against a running stack."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from libs.operator.tests.launched import Launcher, hanging, run_linktime
from libs.operator.tests.letters import send_nonsense
from libs.operator.tests.users import new_user, some_email

from linktime_local.testing.waiting import eventually
from linktime_operator import clients
from linktime_operator.commands.reconcile import CANNOT_BE_UNDONE
from linktime_operator.operations import republishing
from linktime_operator.operations.republishing import PUBLISHERS

VERSIONS = {"python", "tzdata", "postgres", "rabbitmq"}
HIDE_USERS = """
    ALTER TABLE users RENAME TO hidden_users;
    CREATE TABLE users (LIKE hidden_users);
"""
SHOW_USERS = """
    DROP TABLE users;
    ALTER TABLE hidden_users RENAME TO users;
"""
BOOKING_OF = """
    INSERT INTO bookings
        (id, host_id, version, sequence, status, starts_at, ends_at, buffer_before, buffer_after,
         invitee_name, invitee_email, invitee_timezone, answers, event_type_id, event_type_name,
         event_type_slug, event_type_minutes, host_name, host_email, host_username, source,
         reservation_id, created_at, updated_at)
    VALUES ($1, $1, 1, 0, 'CONFIRMED', now() + interval '1 day', now() + interval '25 hours', 0, 0,
            'Bo', 'bo@example.com', 'UTC', '[]', $1, 'Talk', 'talk', 60, 'Ann', 'ann@example.com',
            'ann', 'public', $1, now(), now())
"""


@asynccontextmanager
async def database_of(running: dict[str, Any], service: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(running["postgres"]["databases"][service]["dsn"])
    try:
        yield connection
    finally:
        await connection.close()


async def parked(launcher: Launcher, service: str) -> list[dict[str, Any]]:
    listed = await launcher.command("dead-letters", "list", "--service", service, "--json")
    assert listed.status == 0, listed.error
    found: list[dict[str, Any]] = listed.json
    return found


async def one_parked(launcher: Launcher, service: str) -> dict[str, Any]:
    """Wait for the only message that the service gave up on."""

    async def some() -> list[dict[str, Any]]:
        return await parked(launcher, service)

    (letter,) = await eventually(some, within=30, every=0.2)
    return letter


async def test_a_parked_message_is_listed_replayed_and_dropped(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """A replay of an invalid message parks it again; dropping deletes it."""
    await send_nonsense(running, "gateway")
    letter = await one_parked(launcher, "gateway")
    assert set(letter) == {"service", "id", "consumer", "routingKey", "parkedAt", "reason"}
    assert letter["service"] == "gateway"
    everywhere = await launcher.command("dead-letters", "list", "--json")
    assert letter["id"] in [row["id"] for row in everywhere.json]

    replayed = await launcher.command("dead-letters", "replay", "--id", letter["id"], "--json")
    assert replayed.json == {"replayed": 1}
    again = await one_parked(launcher, "gateway")
    shown = await launcher.command("dead-letters", "replay", "--id", again["id"])
    assert (shown.status, shown.output.split()) == (0, ["replayed", "1"])
    assert shown.error == "Put back; a message that fails again is parked again.\n"
    again = await one_parked(launcher, "gateway")
    dropped = await launcher.command("dead-letters", "drop", "--id", again["id"], "--yes", "--json")
    assert dropped.json == {"dropped": 1}
    assert await parked(launcher, "gateway") == []


async def test_nothing_is_forgotten_by_mistake(launcher: Launcher, running: object) -> None:
    """Dropping requires a name; an unknown id is an error, not a success."""
    unnamed = await launcher.command("dead-letters", "drop", "--json")
    assert "--id or --service" in unnamed.misuse
    unknown = ("--id", str(UUID(int=7)), "--json")
    for verb in (("drop", "--yes"), ("replay",)):
        gone = await launcher.command("dead-letters", *verb, *unknown)
        assert "None of these" in gone.refusal["error"]


async def test_a_service_that_hangs_is_named_and_the_others_are_shown(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Before its time is over it is named as the one that is waited for."""
    await send_nonsense(running, "gateway")
    letter = await one_parked(launcher, "gateway")
    with hanging(running["services"]["contacts"]["pids"]):
        listed = await launcher.command("dead-letters", "list")
    assert (listed.status, listed.error.splitlines()) == (
        1,
        [
            "waiting for contacts, at most 10 s",
            "contacts did not respond. See `linktime doctor`.",
        ],
    )
    assert letter["id"] in listed.output
    await launcher.command("dead-letters", "drop", "--id", letter["id"], "--yes")


async def test_a_publisher_that_hangs_does_not_keep_the_others_from_publishing(
    launcher: Launcher, running: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that have stored their events are shown."""
    monkeypatch.setattr(republishing, "LONG_CALL_SECONDS", 2)
    monkeypatch.setattr(clients, "NOTICE_SECONDS", 0.5)
    with hanging(running["services"]["bookings"]["pids"]):
        done = await launcher.command("republish")
    assert done.status == 1
    shown = {line.split()[0] for line in done.output.splitlines()[1:]}
    assert shown == set(PUBLISHERS) - {"bookings"}
    assert "waiting for bookings, at most 2 s" in done.error
    assert "Stored; published as soon as RabbitMQ takes them." in done.error
    assert "bookings did not respond. It may have been done all the same." in done.error


async def test_resync_restores_a_projection(launcher: Launcher, running: dict[str, Any]) -> None:
    """From the owner's list, without an event; a second run finds nothing newer."""
    user = await new_user(running)
    find = "SELECT count(*) FROM accounts WHERE id = $1"
    async with database_of(running, "gateway") as database:

        async def restored() -> Any:
            await database.execute("DELETE FROM accounts WHERE id = $1", user.id)
            done = await launcher.command("resync", "gateway", "--json")
            assert done.status == 0, done.error
            # None if the event of the sign-up came after the deletion; it comes only once.
            return done if done.json["added"] else None

        done = await eventually(restored, within=60, what="a row that resync adds")
        assert await database.fetchval(find, user.id) == 1
    again = await launcher.command("resync", "gateway", "--json")
    nothing = dict.fromkeys(("applied", "added", "changed", "removed"), 0)
    assert again.json == {"service": "gateway", "read": done.json["read"], **nothing}


@pytest.mark.parametrize("service", ["availability", "contacts"])
async def test_every_projection_can_be_walked(
    launcher: Launcher, running: object, service: str
) -> None:
    """Users and bookings go through the consumer's own handlers."""
    done = await launcher.command("resync", service, "--json")
    assert done.status == 0, done.error
    assert done.json["service"] == service


async def test_a_service_without_a_projection_is_refused(
    launcher: Launcher, running: object
) -> None:
    """An error, not a silent success."""
    refused = await launcher.command("resync", "webhooks", "--json")
    assert refused.refusal["error"] == "webhooks keeps no projection: there is nothing to rebuild."


async def test_doctor_finds_all_well(launcher: Launcher, running: dict[str, Any]) -> None:
    """With every version that belongs in a bug report."""
    examined = await launcher.command("doctor", "--json")
    assert examined.status == 0, examined.output
    found = examined.json
    assert found["ok"] is True
    assert all(found[name] for name in VERSIONS)
    assert set(found["services"]) == set(running["services"])
    assert (found["mail"]["configured"], found["mail"]["reachable"]) == (True, True)
    assert "All is well." in (await launcher.command("doctor")).output


async def test_doctor_names_an_old_secret(launcher: Launcher, running: object) -> None:
    """Status 1; the other ones are new."""
    secret = launcher.state / "secrets" / "bookings-links"
    now = secret.stat().st_mtime
    os.utime(secret, (0, 0))
    old = await launcher.command("doctor", "--json")
    os.utime(secret, (now, now))
    assert (old.status, old.json["secretsMade"]["bookings-links"]) == (1, "1970-01-01")
    (problem,) = old.json["problems"]
    assert "made on 1970-01-01: bookings-links. Rotate them" in problem


async def test_doctor_reports_problems(launcher: Launcher, running: dict[str, Any]) -> None:
    """A service that is unresponsive or has no address or key, or no stack: a sentence for each."""
    elsewhere = {
        "LINKTIME_SCIM_INTERNAL_URL": running["services"]["scim"]["internalUrl"],
        "LINKTIME_CONTACTS_INTERNAL_URL": "http://127.0.0.1:9",
    }
    sick = await launcher.command("doctor", "--json", env=elsewhere)
    assert sick.status == 1
    assert sorted(sick.json["problems"]) == [
        *(
            f"The address of {name} is not known: set LINKTIME_{name.upper()}_INTERNAL_URL."
            for name in ("availability", "bookings", "gateway", "webhooks")
        ),
        "The key of contacts is missing: add it to LINKTIME_OPERATOR_KEYS.",
        "The key of scim is missing: add it to LINKTIME_OPERATOR_KEYS.",
        "contacts does not answer at http://127.0.0.1:9.",
    ]
    assert "The ages of the secrets are not known" in sick.json["warnings"][-1]
    nothing = await launcher.command("doctor", env={"LINKTIME_STATE": "/nonexistent"})
    assert nothing.status == 1
    assert "Start one with `make run`" in nothing.output


async def test_commands_run_side_by_side(launcher: Launcher, running: object) -> None:
    """Two operators at once; the same name does not give the same username."""
    create = ("user", "create", "--name", "Ann Host", "--json", "--email")
    made = await asyncio.gather(
        *(run_linktime(*create, some_email(), env=launcher.env) for _ in range(2))
    )
    assert len({one.json["username"] for one in made}) == 2


async def test_differences_are_shown_and_mended(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Named by `doctor --deep`; `reconcile` changes nothing without --yes."""
    user = await new_user(running)
    async with database_of(running, "gateway") as database:
        await database.execute("DELETE FROM accounts WHERE id = $1", user.id)
    named = {"kind": "user that gateway does not know", "count": 1, "ids": [str(user.id)]}

    examined = await launcher.command("doctor", "--deep", "--json")
    assert (examined.status, examined.json["differences"]) == (1, [named])
    row = {**named, "action": "send it again"}
    shown = await launcher.command("reconcile", "--json")
    expected = {"differences": [row], "clashes": [], "done": False, "remaining": [row]}
    assert (shown.status, shown.json) == (1, expected)
    done = await launcher.command("reconcile", "--yes", "--json")
    assert (done.status, done.json) == (0, {**expected, "done": True, "remaining": []})
    assert "The services agree." in (await launcher.command("reconcile")).error


async def test_nothing_is_promised_that_would_be_refused(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Without users in scim, the preview ends as --yes does, and doctor does not lead to it."""
    await new_user(running)
    async with database_of(running, "scim") as database:
        await database.execute(HIDE_USERS)
        try:
            refused = [
                await launcher.command("reconcile", *more, "--json") for more in ((), ("--yes",))
            ]
            examined = await run_linktime("doctor", "--deep", env=launcher.env)
        finally:
            await database.execute(SHOW_USERS)
    preview, done = [orjson.loads(one.error.splitlines()[-1])["error"] for one in refused]
    assert [one.status for one in refused] == [1, 1]
    assert preview == done
    assert preview.endswith("nothing is removed. Restore the database of scim first.")
    assert "account of an unknown user" in examined.output
    assert examined.output.splitlines()[-1] == preview


async def test_the_preview_says_what_cannot_be_undone(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """The bookings of a user whom scim does not know."""
    ghost = uuid4()
    async with database_of(running, "bookings") as database:
        await database.execute(BOOKING_OF, ghost)
        shown = await launcher.command("reconcile")
        await database.execute("DELETE FROM bookings WHERE host_id = $1", ghost)
    (line,) = [one for one in shown.output.splitlines() if "bookings of an unknown user" in one]
    assert "cancel with mails" in line
    assert shown.error.splitlines()[-2:] == [
        CANNOT_BE_UNDONE,
        "Nothing was changed; --yes does it.",
    ]


async def test_recent_events_are_published_again(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Of each service that publishes; none waits for long."""
    done = await launcher.command("republish", "--json")

    counts = {row["service"]: row["events"] for row in done.json}
    assert set(counts) == set(PUBLISHERS)
    assert counts["scim"] > 0  # the demo host
    async with database_of(running, "scim") as connection:

        async def are_published() -> bool:
            waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
            return bool(await connection.fetchval(waiting) == 0)

        await eventually(are_published, within=30, every=0.2)
    assert "7" in (await launcher.command("republish", "--days", "8")).misuse
