"""Calendar accounts and calendars over HTTP, with a real CalDAV server."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from services.availability.tests.calendars.hosts import Connected, connected

from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.servers.caldav import CalDavServer, ServerAccount
from linktime_local.testing.services import Running

from .dashboard import dashboard


def body_of(account: ServerAccount, **changes: Any) -> dict[str, Any]:
    given = {
        "preset": "caldav",
        "url": account.url,
        "user": account.user,
        "password": account.password,
    }
    return given | changes


@pytest.fixture
async def ada(world: Any, caldav_account: ServerAccount) -> Connected:
    return await connected(world, caldav_account)


async def test_connect_list_and_disconnect(
    world: Any, service: Running, caldav_account: ServerAccount
) -> None:
    """The only calendar is read and written; no secret is returned; a key connects once."""
    host = await world.host()
    body = body_of(caldav_account)
    answers = [
        await dashboard(service, host.id, "POST", "calendar-accounts", body, key="k")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    status, account = answers[0]
    assert status == 201
    assert account["server"] == "127.0.0.1"
    assert account["userEnding"] == caldav_account.user[-4:]
    (calendar,) = account["calendars"]
    assert (calendar["reads"], calendar["writes"], calendar["freshness"]) == (True, True, "dead")
    for secret in (caldav_account.password, caldav_account.user, caldav_account.url):
        assert secret not in str(account)
    _, listed = await dashboard(service, host.id, "GET", "calendar-accounts")
    assert listed == {
        "data": [account],
        "calendarFreshness": "dead",
        "calendarPolicy": "fail_closed",
    }
    path = f"calendar-accounts/{account['id']}"
    assert (await dashboard(service, host.id, "DELETE", path))[0] == 200
    _, listed = await dashboard(service, host.id, "GET", "calendar-accounts")
    assert (listed["data"], listed["calendarFreshness"]) == ([], None)
    assert (await dashboard(service, host.id, "DELETE", path))[0] == 404


async def test_wrong_credentials_are_not_stored(
    world: Any, service: Running, caldav_account: ServerAccount
) -> None:
    """The field and what to do are named."""
    host = await world.host()
    for changes, field in (
        ({"password": "wrong"}, "password"),
        ({"url": caldav_account.url.replace("127.0.0.1", "10.0.0.1")}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"preset": "other"}, "body"),
        ({"preset": "ics"}, "body"),
        ({"user": None}, "body"),
    ):
        body = body_of(caldav_account, **changes)
        status, answer = await dashboard(service, host.id, "POST", "calendar-accounts", body)
        assert status == 400, changes
        assert list(answer["details"]) == [field], answer
    _, listed = await dashboard(service, host.id, "GET", "calendar-accounts")
    assert listed["data"] == []


async def test_another_hosts_calendars_are_not_found(
    ada: Connected, world: Any, service: Running, tomorrow: datetime
) -> None:
    """Neither read, nor changed, nor seen in busy time or explanations."""
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    eve = await world.host()
    account, calendar = f"calendar-accounts/{ada.result.account.id}", f"calendars/{ada.calendar_id}"
    for method, path, body in (
        ("GET", f"{account}/calendars", None),
        ("POST", f"{account}/sync", None),
        ("PATCH", account, {"password": "x"}),
        ("DELETE", account, None),
        ("PATCH", calendar, {"reads": False}),
    ):
        status, _ = await dashboard(service, eve.id, method, path, body)
        assert status == 404, path
        status, _ = await dashboard(service, eve.id, method, path.replace("-", "_"), body)
        assert status == 404
    span = {"from": tomorrow.isoformat(), "to": (tomorrow + timedelta(days=1)).isoformat()}
    assert await dashboard(service, eve.id, "GET", "calendars/busy", **span) == (200, {"data": []})
    status, seen = await dashboard(service, ada.host_id, "GET", "calendars/busy", **span)
    assert [one["calendarId"] for one in seen["data"]] == [str(ada.calendar_id)]
    assert (await ada.row())["reads"]


async def test_an_unread_calendar_is_forgotten(
    ada: Connected, service: Running, tomorrow: datetime
) -> None:
    """Its busy time is deleted; it is read from the beginning when it is chosen again."""
    await ada.put("lunch@example.org", tomorrow)
    await ada.sync()
    path = f"calendars/{ada.calendar_id}"
    status, calendar = await dashboard(service, ada.host_id, "PATCH", path, {"reads": False})
    assert (status, calendar["reads"], calendar["writes"]) == (200, False, True)
    assert "12:00" in await ada.free(tomorrow)
    async with ada.world.database.connection() as connection:
        count = "SELECT count(*) FROM calendar_objects WHERE host_id = $1"
        assert await connection.fetchval(count, ada.host_id) == 0
    await dashboard(service, ada.host_id, "PATCH", path, {"reads": True, "writes": False})
    await ada.sync()
    assert "12:00" not in await ada.free(tomorrow)
    row = await ada.row()
    assert (row["reads"], row["writes"]) == (True, False)


async def copy_account(host: Connected, *, times: int) -> None:
    """Store further accounts without calendars."""
    async with host.world.database.connection() as connection:
        await connection.execute(
            "INSERT INTO calendar_accounts (id, host_id, kind, preset, server, user_name,"
            " credentials) SELECT gen_random_uuid(), host_id, kind, preset, server, user_name,"
            " credentials FROM calendar_accounts, generate_series(1, $2) WHERE id = $1",
            *(host.result.account.id, times),
        )


async def test_a_calendar_is_connected_once(
    ada: Connected, world: Any, service: Running, caldav_account: ServerAccount
) -> None:
    """Whichever address leads to it; the account that has it is named. Another host may have it."""
    account_id = str(ada.result.account.id)
    for url in (caldav_account.url, caldav_account.url.partition(caldav_account.user)[0]):
        body = body_of(caldav_account, url=url)
        status, answer = await dashboard(service, ada.host_id, "POST", "calendar-accounts", body)
        assert status == 409
        assert answer == {
            "error": f"The account {account_id} at 127.0.0.1 has this calendar already; connect "
            "that one again, or disconnect it first",
            "code": "calendar_already_connected",
            "accountId": account_id,
        }
    _, listed = await dashboard(service, ada.host_id, "GET", "calendar-accounts")
    assert [one["id"] for one in listed["data"]] == [account_id]
    path = f"calendar-accounts/{account_id}"
    assert (await dashboard(service, ada.host_id, "PATCH", path, {"url": url}))[0] == 200
    eve = await world.host()
    assert (await dashboard(service, eve.id, "POST", "calendar-accounts", body))[0] == 201


async def test_of_two_requests_at_once_one_connects(
    world: Any, service: Running, caldav_account: ServerAccount
) -> None:
    host, body = await world.host(), body_of(caldav_account)
    answers = await asyncio.gather(
        *(dashboard(service, host.id, "POST", "calendar-accounts", body) for _ in range(3))
    )
    assert sorted(status for status, _ in answers) == [201, 409, 409]


async def test_limits(ada: Connected, service: Running, caldav_server: CalDavServer) -> None:
    """10 accounts; 20 calendars that are read; one that is written."""
    other = await caldav_server.add_account(f"user-{new_id().hex[:12]}")
    body = body_of(other)
    status, account = await dashboard(service, ada.host_id, "POST", "calendar-accounts", body)
    assert (status, account["calendars"][0]["writes"]) == (201, False)
    await copy_account(ada, times=8)
    status, answer = await dashboard(service, ada.host_id, "POST", "calendar-accounts", body)
    assert (status, "10 calendar accounts" in answer["error"]) == (409, True)
    async with ada.world.database.connection() as connection:
        await connection.execute(
            "INSERT INTO calendars (id, account_id, host_id, ref, name, is_writable, reads)"
            " SELECT gen_random_uuid(), $2, $1, n::text, 'More', false, n <= 18"
            " FROM generate_series(1, 19) n",
            *(ada.host_id, ada.result.account.id),
        )
        unread = await connection.fetchval(
            "SELECT id FROM calendars WHERE host_id = $1 AND NOT reads", ada.host_id
        )
    path = f"calendars/{unread}"
    status, answer = await dashboard(service, ada.host_id, "PATCH", path, {"reads": True})
    assert (status, "20 calendars" in answer["error"]) == (409, True)
    status, answer = await dashboard(service, ada.host_id, "PATCH", path, {"writes": True})
    assert (status, answer["error"]) == (409, "This calendar can only be read")


async def test_new_credentials_reconnect(
    ada: Connected, service: Running, caldav_account: ServerAccount
) -> None:
    """Only what the server accepts is stored; then the calendars are read next."""
    async with ada.world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_accounts SET state = 'RECONNECT', last_error = 'No'"
            " WHERE host_id = $1",
            ada.host_id,
        )
    path = f"calendar-accounts/{ada.result.account.id}"
    status, answer = await dashboard(service, ada.host_id, "PATCH", path, {"password": "wrong"})
    assert (status, list(answer["details"])) == (400, ["password"])
    assert (await ada.row())["state"] == "RECONNECT"
    given = {"password": caldav_account.password}
    status, account = await dashboard(service, ada.host_id, "PATCH", path, given)
    assert (status, account["state"], account["lastError"]) == (200, "CONNECTED", None)
    await ada.set_row("next_sync_at = now() + interval '1 hour', failures = 5")
    status, _ = await dashboard(service, ada.host_id, "POST", f"{path}/sync")
    row = await ada.row()
    assert (status, row["failures"]) == (200, 0)


async def test_the_policy(world: Any, service: Running) -> None:
    """It is one of two."""
    host = await world.host()
    body = {"calendarPolicy": "fail_open"}
    assert await dashboard(service, host.id, "PUT", "calendar-policy", body) == (200, body)
    _, listed = await dashboard(service, host.id, "GET", "calendar-accounts")
    assert listed["calendarPolicy"] == "fail_open"
    status, _ = await dashboard(
        service, host.id, "PUT", "calendar-policy", {"calendarPolicy": "maybe"}
    )
    assert status == 400


async def test_explain_names_the_calendar(
    ada: Connected, service: Running, tomorrow: datetime
) -> None:
    """And the interval, but no title."""
    await ada.put("lunch@example.org", tomorrow, 30)
    await ada.sync()
    status, body = await dashboard(
        service,
        ada.host_id,
        "GET",
        f"availability/{ada.event_type.slug}/explain",
        date=str(tomorrow.date()),
    )
    assert status == 200
    rules = {row["time"]: row["rule"] for row in body["data"]}
    assert (rules["12:00"], rules["13:00"]) == ("calendar_busy", None)
    assert body["busy"] == [
        {
            "calendarId": str(ada.calendar_id),
            "calendarName": ada.result.calendars[0].name,
            "startTime": f"{tomorrow:%Y-%m-%d}T12:00:00.000Z",
            "endTime": f"{tomorrow:%Y-%m-%d}T12:30:00.000Z",
        }
    ]


async def test_the_operator_names_the_host(ada: Connected, service: Running) -> None:
    """The internal routes are the same."""
    headers = service.identity(CallerKind.OPERATOR, issuer="operator")
    url = f"{service.internal_url}/internal/hosts/{ada.host_id}/calendar-accounts"
    async with service.session.get(url, headers=headers) as response:
        body = await response.json()
    assert [one["id"] for one in body["data"]] == [str(ada.result.account.id)]
    async with service.session.get(
        url.replace(str(ada.host_id), str(new_id())), headers=headers
    ) as response:
        assert (await response.json())["data"] == []
