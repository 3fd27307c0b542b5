"""`linktime user delete` and `linktime user deletion`, against a running stack."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from libs.operator.tests.launched import Launcher
from libs.operator.tests.users import new_key, new_user

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import user_deletion

EVENT_TYPE = b'{"name": "Chat", "slug": "chat", "durationMinutes": 30, "minimumNoticeMinutes": 0}'
NOBODY = str(UUID(int=7))


async def delete(launcher: Launcher, email: str, *options: str) -> Any:
    return await launcher.command("user", "delete", "--user", email, "--yes", *options, "--json")


async def is_done(launcher: Launcher, user_id: str) -> bool:
    shown = await launcher.command("user", "deletion", "--id", user_id, "--json")
    assert shown.status == 0, shown.error
    return bool(shown.json == {"id": user_id, "state": "done", "waitingFor": []})


async def status_of(running: dict[str, Any], key: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{running['gateway']}/api/v1/me", headers={"Authorization": f"Bearer {key}"}
        ) as response,
    ):
        return response.status


async def test_an_account_is_deleted_once(launcher: Launcher, running: dict[str, Any]) -> None:
    """Its key is refused, and the second command does not find the user."""
    user = await new_user(running)
    key = (await new_key(running, user)).key
    assert await status_of(running, key) == 200
    deleted = await delete(launcher, user.email)
    assert (deleted.status, deleted.json["id"]) == (0, str(user.id)), deleted.error
    assert await status_of(running, key) == 401
    await eventually(lambda: is_done(launcher, str(user.id)), within=60, every=0.2)
    table = await launcher.command("user", "deletion", "--id", str(user.id))
    assert [line.split() for line in table.output.splitlines()] == [
        ["id", str(user.id)],
        ["state", "done"],
        ["waitingFor"],
    ]
    refusal = (await delete(launcher, user.email)).refusal
    assert refusal["code"] == "user_not_found"
    assert refusal["error"].startswith(f"There is no user with the e-mail {user.email}.")


async def test_who_was_not_deleted_is_named(launcher: Launcher, running: dict[str, Any]) -> None:
    user = await new_user(running)
    for user_id in (NOBODY, str(user.id)):
        shown = await launcher.command("user", "deletion", "--id", user_id, "--json")
        assert shown.refusal == {
            "error": f"No user with the id {user_id} was deleted.",
            "code": "user_not_found",
        }


async def test_coming_bookings_prevent_it(launcher: Launcher, running: dict[str, Any]) -> None:
    """The message names the option; a cancelled booking does not."""
    user = await new_user(running)
    key = (await new_key(running, user)).key
    named = ("--user", user.email)
    made = await launcher.command("event-type", "create", *named, "--file", "-", given=EVENT_TYPE)
    assert made.status == 0, made.error
    monday = datetime.now(UTC) + timedelta(days=7 - datetime.now(UTC).weekday())
    body = {
        "eventTypeSlug": "chat",
        "startTime": monday.replace(hour=12, minute=0, second=0, microsecond=0).isoformat(),
        "inviteeName": "Zoë",
        "inviteeEmail": "zoe@example.com",
        "inviteeTimezone": "UTC",
    }
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
        session.post(f"{running['gateway']}/api/v1/bookings", json=body) as response,
    ):
        booked = await response.json()
        assert response.status == 201, booked
    assert (await delete(launcher, user.email)).refusal["error"] == (
        f"{user.email} has bookings that have not ended: add --cancel-bookings to cancel them, "
        "with mails to their invitees."
    )
    assert await status_of(running, key) == 200
    booking = ("--id", booked["bookingId"], "--yes")
    assert (await launcher.command("booking", "cancel", *named, *booking)).status == 0
    assert (await delete(launcher, user.email)).status == 0


async def test_services_that_are_not_done_are_shown(
    launcher: Launcher, running: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command ends nevertheless, and the deletion continues."""
    monkeypatch.setattr(user_deletion, "WAIT_SECONDS", 0.0)
    user = await new_user(running)
    dsn = launcher.file["postgres"]["databases"]["contacts"]["dsn"]
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
            deleted = await delete(launcher, user.email, "--cancel-bookings")
            assert (deleted.status, deleted.json["state"]) == (0, "running"), deleted.error
            assert "contacts" in deleted.json["waitingFor"]
    finally:
        await connection.close()
    await eventually(lambda: is_done(launcher, str(user.id)), within=60, every=0.2)
