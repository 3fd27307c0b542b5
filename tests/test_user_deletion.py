"""An operator deletes a user: no database of any service has the user's rows afterwards."""

import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import orjson
import pytest

from linktime_common.contracts.events import EVENTS
from linktime_common.http.client import Answered
from linktime_local.testing.waiting import eventually
from linktime_operator.errors import OperatorError
from linktime_operator.operations import calendars, mail, resync, user_deletion, users
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.hosts import Host, rows
from tests.persons import plant
from tests.receiver import Receiver
from tests.searches import covers, tables_with

HELD = {
    "availability.calendar_accounts",
    "availability.event_types",
    "availability.hosts",
    "availability.reservations",
    "bookings.bookings",
    "bookings.calendar_feeds",
    "bookings.email_messages",
    "bookings.idempotency_records",
    "bookings.outbox",
    "contacts.calls",
    "contacts.contacts",
    "contacts.meetings",
    "contacts.messages",
    "gateway.accounts",
    "gateway.api_keys",
    "gateway.logins",
    "gateway.scim_tokens",
    "gateway.sessions",
    "scim.memberships",
    "scim.organizations",
    "scim.outbox",
    "scim.users",
    "webhooks.endpoints",
    "webhooks.events",
}
"""Tables that must have the user before, or the test would prove nothing."""

STAYS = {f"{one}.user_deletions" for one in user_deletion.SERVICES} | {"bookings.email_counts"}
"""Tables that may have the id afterwards; numbers of mails, until the end of the following day."""

ROOT = Path(__file__).parents[1]
PUBLISHERS = ("scim", "bookings")
BY_KEY = {event.routing_key(): event for event in EVENTS}


async def delete(host: Host, *, cancel_bookings: bool = True) -> None:
    """Delete the host's account and wait for all services."""
    clients = host.stack.clients
    shown = await user_deletion.delete(clients, host.email, cancel_bookings=cancel_bookings)
    assert shown["id"] == str(host.id)

    async def done() -> bool:
        found = await user_deletion.find(clients, host.id)
        return bool(found == {"id": str(host.id), "state": "done", "waitingFor": []})

    await eventually(done, within=60, every=0.5, what="the end of the deletion")


async def own_much(host: Host, browser: Browser, receiver: Receiver) -> tuple[str, str]:
    """Let the user have something everywhere; return the ids of an organization and a booking."""
    await host.subscribe(receiver.url, "booking.created", "contact.created")
    email, phone = f"guest-{host.id.hex[:12]}@example.com", f"+4930{uuid4().int % 10**8:08}"
    _contact, booking = await plant(host, browser, email, phone)
    given = host.stack.file.calendar
    assert given is not None
    account = {"url": given.url, "user": given.user, "password": given.password}
    await calendars.connect(host.stack.clients, host.email, account)
    assert (await browser.call("POST", "/dashboard/api/calendar-feed")).status == 201
    made = await browser.call("POST", "/dashboard/api/organizations", {"name": "Only me"})
    assert made.status == 201, made
    token = await browser.call(
        "POST", f"/dashboard/api/organizations/{made.body['id']}/scim-tokens"
    )
    assert token.status == 201, token
    return str(made.body["id"]), booking


async def test_no_database_has_a_deleted_user(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver
) -> None:
    """Nor after late events have arrived and the projections are rebuilt."""
    host, browser = await sign_up(stack, http)
    organization, booking = await own_much(host, browser, receiver)
    texts = (host.email, host.username, organization, f"guest-{host.id.hex[:12]}")

    async def planted() -> bool:
        found = await tables_with(stack, *texts, str(host.id))
        return len(receiver.read()) >= 3 and covers(found, HELD)

    await eventually(planted, within=60, every=0.5, what="the user in every database")
    published = await published_events(stack, host)
    await delete(host)
    assert await tables_with(stack, *texts) == set()
    assert await tables_with(stack, str(host.id)) <= STAYS
    await publish_again(stack, published)
    for service in ("gateway", "availability", "contacts"):
        async for _total in resync.resync(stack.clients, service):
            pass
    assert await tables_with(stack, *texts) <= {"scim.outbox", "bookings.outbox"}
    await run_again(stack, host)
    assert await tables_with(stack, *texts) == set()
    await refuse_everything(host, browser, booking)


async def published_events(stack: Stack, host: Host) -> list[tuple[str, bytes]]:
    """Return the routing keys and contents of events that were published about the user."""
    query = "SELECT routing_key, envelope FROM outbox WHERE position($1::bytea IN envelope) > 0"
    of_user = f'"ownerid":"{host.id}"'.encode()
    found = [tuple(row) for one in PUBLISHERS for row in await rows(stack, one, query, of_user)]
    assert {"user.created.v1", "booking.created.v1"} <= {key for key, _envelope in found}
    return found


async def publish_again(stack: Stack, events: Sequence[tuple[str, bytes]]) -> None:
    """Publish the events as new ones, and wait for their consumers."""
    taken: set[tuple[str, UUID]] = set()
    for routing_key, envelope in events:
        event, new_id = BY_KEY[routing_key], uuid4()
        again = orjson.dumps(orjson.loads(envelope) | {"id": str(new_id)})
        add = "INSERT INTO outbox (event_id, routing_key, envelope) VALUES ($1, $2, $3)"
        await rows(stack, event.publisher, add, new_id, routing_key, again)
        taken |= {(one, new_id) for one in event.consumers}

    async def arrived() -> bool:
        for service, event_id in taken:
            table = "events_seen" if service == "webhooks" else "inbox"
            query = f"SELECT 1 FROM {table} WHERE event_id = $1"
            if not await rows(stack, service, query, event_id):
                return False
        return True

    await eventually(arrived, within=60, every=0.5, what="the late events")


async def run_again(stack: Stack, host: Host) -> None:
    """Let the second run begin now instead of ten minutes later, and wait for it."""
    for service in user_deletion.SERVICES:
        now = "UPDATE user_deletions SET due_at = now() WHERE user_id = $1 AND runs = 1"
        await rows(stack, service, now, host.id)

    async def ended() -> bool:
        query = "SELECT runs FROM user_deletions WHERE user_id = $1"
        found = [await rows(stack, one, query, host.id) for one in user_deletion.SERVICES]
        return found == [[(2,)]] * len(found)

    await eventually(ended, within=60, every=0.5, what="the second run")


async def refuse_everything(host: Host, browser: Browser, booking: str) -> None:
    """The account's credentials, pages and bookings do not exist."""
    assert (await host.call("GET", f"/api/v1/bookings/{booking}")).status == 401
    assert (await browser.call("GET", "/dashboard/api/me")).status == 401
    page = await host.call("GET", f"/api/public/{host.username}")
    assert page.status == 404, page
    with pytest.raises(OperatorError, match="There is no user"):
        await user_deletion.delete(host.stack.clients, host.email, cancel_bookings=True)


async def test_coming_bookings_are_cancelled_if_the_operator_says_so(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    """Without the option nothing is changed; with it the invitee gets a mail."""
    host, browser = await sign_up(stack, http)
    made = await host.book((await host.slots())[0])
    assert made.status == 201, made
    with pytest.raises(OperatorError, match="add --cancel-bookings"):
        await user_deletion.delete(stack.clients, host.email, cancel_bookings=False)
    assert (await browser.call("GET", "/dashboard/api/me")).status == 200
    booking = (await host.call("GET", f"/api/v1/bookings/{made.body['bookingId']}")).body
    assert booking["status"] == "CONFIRMED"
    invitee = booking["inviteeEmail"]
    await delete(host)
    kinds = {one.kind for one in await mail.newest_first(stack.file) if one.to == invitee}
    assert "cancelled" in kinds


async def test_an_owner_of_others_is_not_deleted(stack: Stack, http: aiohttp.ClientSession) -> None:
    """The others of the organization stay its members; a member is deleted, and invited again."""
    (host, browser), (member, members) = await sign_up(stack, http), await sign_up(stack, http)
    made = await browser.call("POST", "/dashboard/api/organizations", {"name": "Acme"})
    invitations = f"/dashboard/api/organizations/{made.body['id']}/invitations"
    invited = await browser.call("POST", invitations, {"email": member.email})
    accept = f"/dashboard/api/invitations/{invited.body['id']}/accept"
    assert (await members.call("POST", accept)).status == 200
    with pytest.raises(Answered, match="owns an organization with other members"):
        await user_deletion.delete(stack.clients, host.email, cancel_bookings=False)
    await delete(member)
    listed = await browser.call("GET", f"/dashboard/api/organizations/{made.body['id']}/members")
    assert [one["email"] for one in listed.body["data"]] == [host.email]
    assert (await browser.call("POST", invitations, {"email": member.email})).status == 201
    again = SignUpRequest(email=member.email, name="Ann Host", username=member.username)
    with pytest.raises(Answered, match="already taken"):
        await users.create(stack.clients, again)
    fresh = await users.create(stack.clients, again.model_copy(update={"username": None}))
    assert (fresh.id != member.id, fresh.username != member.username) == (True, True)
    await delete(host)  # the invitation of the organization ends with it


CASCADES = {"busy_intervals", "endpoint_health", "endpoint_secrets", "endpoint_turns"}
OWNED = """
    SELECT DISTINCT table_name
      FROM information_schema.columns
      JOIN pg_class ON relname = table_name AND NOT relispartition
     WHERE table_schema = 'public'
       AND column_name IN ('owner_id', 'host_id', 'user_id', 'organization_id', 'endpoint_id')
"""


def deleting_code(service: str) -> str:
    """Return the modules that name the tables whose rows are deleted with a user."""
    package = ROOT / f"services/{service}/src/linktime_{service}"
    modules = [*package.glob("store/*_deletion.py"), *package.glob("use_cases/delete_owner.py")]
    return "".join(module.read_text("utf-8") for module in modules)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_with_rows_of_a_user_is_among_the_deleted(
    stack: Stack, service: str
) -> None:
    """A new one must be added."""
    source = deleting_code(service)
    found = {table for (table,) in await rows(stack, service, OWNED)}
    assert found
    left = {one for one in found if not re.search(rf"\b{one}\b", source)}
    assert left - CASCADES <= {"user_deletions"}
