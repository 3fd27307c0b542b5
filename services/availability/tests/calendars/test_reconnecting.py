"""An account that is connected again: other servers, other rights, and what happens meanwhile."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from services.availability.tests.calendars.hosts import Connected, connected
from services.availability.tests.calendars.meetings import Meeting, published, use_scripted, write
from services.availability.tests.calendars.scripted import (
    CALENDAR,
    ScriptedServer,
    found,
    multistatus,
    token,
)

from linktime_availability.calendars.connecting import reconnect
from linktime_availability.domain.errors import CalendarAccountNotFound
from linktime_common.contracts.events.availability import CalendarDisconnected
from linktime_common.errors import InvalidRequest
from linktime_local.servers.caldav import ServerAccount

READS = (
    "<D:current-user-privilege-set><D:privilege><D:read/></D:privilege>"
    "</D:current-user-privilege-set>"
)


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount, scripted: ScriptedServer) -> Connected:
    """A host whose calendar is at the scripted server."""
    host = await connected(world, caldav_account)
    await use_scripted(host, scripted)
    return host


async def again(host: Connected, **changes: str) -> None:
    await reconnect(
        *(host.host_id, host.result.account.id, host.world.deps, host.world.attempt()),
        changes={name: SecretStr(value) for name, value in changes.items()},
    )


async def test_another_server_is_another_account(ada: Connected, scripted: ScriptedServer) -> None:
    """Its calendars have other addresses; nothing is asked of it, and the account is unchanged."""
    before = await ada.row()
    async with ScriptedServer() as other:
        with pytest.raises(InvalidRequest) as raised:
            await again(ada, url=other.calendar)
        assert other.requests == []
    sentence = "This is the address of another server. Connect it as a new account"
    assert raised.value.details == {"url": sentence}
    assert await ada.row() == before
    scripted.answer(found("/cal/", CALENDAR))
    await again(ada, url=f"{scripted.url}/")


async def test_rights_are_those_of_the_server(ada: Connected, scripted: ScriptedServer) -> None:
    """A calendar that can only be read now is written no more; the host chooses it again."""
    rows = []
    for properties in (CALENDAR + READS, CALENDAR):
        scripted.answer(found("/cal/", properties))
        await again(ada)
        row = await ada.row()
        rows.append((row["is_writable"], row["reads"], row["writes"]))
    assert rows == [(False, True, False), (True, True, False)]


async def test_an_account_that_is_disconnected_meanwhile(
    ada: Connected, scripted: ScriptedServer
) -> None:
    """While the server is asked."""

    async def respond(request: web.BaseRequest, _body: str) -> web.StreamResponse:
        async with ada.world.database.connection() as connection:
            await connection.execute(
                "DELETE FROM calendar_accounts WHERE id = $1", ada.result.account.id
            )
        return multistatus(found("/cal/", CALENDAR))

    scripted.respond = respond
    with pytest.raises(CalendarAccountNotFound):
        await again(ada, password="new")


async def test_an_answer_to_the_old_password_closes_nothing(
    ada: Connected, scripted: ScriptedServer, tomorrow: datetime
) -> None:
    """A reading and a write begin, the host gives the new one, then the answers arrive."""
    meeting = Meeting(ada, tomorrow)
    await meeting.apply("created")
    late = {"REPORT", "PUT"}

    async def respond(request: web.BaseRequest, _body: str) -> web.StreamResponse:
        if request.method in late:
            late.remove(request.method)
            await again(ada, password=f"after {request.method}")
            return web.Response(status=401)
        if request.method == "PUT":
            return web.Response(status=201, headers={"ETag": '"1"'})
        return multistatus(found("/cal/", CALENDAR) + token("one"))

    scripted.respond = respond
    await ada.sync()
    row = await ada.row()
    assert (row["state"], row["failures"], row["last_error"]) == ("CONNECTED", 0, None)
    assert datetime.now(UTC) > row["synced_at"]
    await write(ada)
    assert (await ada.row())["state"] == "CONNECTED"
    assert late == set()
    assert await published(ada, CalendarDisconnected) == []
    await write(ada)
    assert (await meeting.link())["state"] == "DONE"


async def test_the_time_without_a_password_is_no_disconnection(
    ada: Connected, scripted: ScriptedServer
) -> None:
    """A day without a reading is counted from when the account is connected again.

    A test of an account that is connected already changes nothing.
    """
    old = "now() - interval '3 days'"
    for status, sent in (("RECONNECT", []), ("CONNECTED", ["calendar.unreachable"])):
        await ada.set_row(f"synced_at = {old}, reads_since = {old}")
        async with ada.world.database.connection() as connection:
            await connection.execute(
                "UPDATE calendar_accounts SET state = $2 WHERE id = $1",
                *(ada.result.account.id, status),
            )
        scripted.answer(found("/cal/", CALENDAR))
        await again(ada)
        scripted.answer(web.Response(status=500))
        await ada.sync()
        events = await published(ada, CalendarDisconnected)
        assert [one["reason"] for one in events] == sent
