"""Every route with an id, called with another user's credentials: 404.

The rows come from the gateway's route table, so a new route must be added here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from linktime_availability.api.logos import SQUARE
from linktime_common.identity import CallerKind
from linktime_gateway.api.routes import OWN_FORWARDS
from linktime_gateway.clients.forwards import load_forwards
from linktime_gateway.domain.route_table import Forward
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import calendars
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.hosts import Answer, Host, date_ahead
from tests.shapes import CALL, MESSAGE

DATE = date_ahead().isoformat()

# What the parameters of a path name, by the path without its prefix, in the order of the path.
THINGS: dict[str, tuple[str, ...]] = {
    "/bookings/{id}": ("booking",),
    "/bookings/{id}/cancel": ("booking",),
    "/bookings/{id}/reschedule": ("booking",),
    "/bookings/{id}/emails/{email_id}/resend": ("booking", "email"),
    "/contacts/{id}": ("contact",),
    "/contacts/{id}/merge": ("contact",),
    "/contacts/{id}/erase": ("contact",),
    "/contacts/{id}/personal-data": ("contact",),
    "/erasures/{id}": ("erasure",),
    "/event-types/{id}": ("event_type",),
    "/availability/{slug}": ("slug",),
    "/availability/{slug}/explain": ("slug",),
    "/organizations/{id}": ("organization",),
    "/organizations/{id}/invitations": ("organization",),
    "/organizations/{id}/invitations/{invitation_id}": ("organization", "invitation"),
    "/invitations/{id}/accept": ("received",),
    "/invitations/{id}/decline": ("received",),
    "/organizations/{id}/members": ("organization",),
    "/organizations/{id}/members/{member_id}": ("organization", "member"),
    "/organizations/{id}/scim-tokens": ("organization",),
    "/organizations/{id}/scim-tokens/{token_id}": ("organization", "scim_token"),
    "/api-keys/{id}": ("api_key",),
    "/calendar-accounts/{id}": ("calendar_account",),
    "/calendar-accounts/{id}/calendars": ("calendar_account",),
    "/calendar-accounts/{id}/sync": ("calendar_account",),
    "/calendars/{id}": ("calendar",),
    "/schedules/{id}": ("schedule",),
    "/time-off/{id}": ("time_off",),
    "/webhooks/{id}": ("webhook",),
    "/webhooks/{id}/secrets": ("webhook",),
    "/webhooks/{id}/secrets/rotate": ("webhook",),
    "/webhooks/{id}/deliveries": ("webhook",),
    "/webhooks/{id}/deliveries/{delivery_id}": ("webhook", "delivery"),
    "/webhooks/{id}/deliveries/{delivery_id}/replay": ("webhook", "delivery"),
    "/webhooks/{id}/replay": ("webhook",),
    "/webhooks/{id}/replays/{replay_id}": ("webhook", "replay"),
    "/webhooks/{id}/test": ("webhook",),
}
# A date has no owner: the route changes the caller's own schedule, which the last test checks.
OWN_ALONE = {"/schedule/overrides/{date}"}

BODIES: dict[str, Any] = {
    "POST /bookings/{id}/cancel": {},
    "POST /bookings/{id}/reschedule": {"newStartTime": f"{DATE}T20:00:00Z"},
    "PATCH /contacts/{id}": {"name": "Taken"},
    "PUT /contacts/{id}": {"name": "Taken"},
    "POST /contacts/{id}/merge": {"contactId": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22"},
    "PATCH /event-types/{id}": {"name": "Taken"},
    "PUT /event-types/{id}": {"name": "Taken", "slug": "taken", "durationMinutes": 30},
    "PATCH /organizations/{id}": {"name": "Taken"},
    "PATCH /organizations/{id}/members/{member_id}": {"role": "admin"},
    "PATCH /calendar-accounts/{id}": {"password": "taken"},
    "PATCH /calendars/{id}": {"reads": False},
    "PATCH /schedules/{id}": {"name": "Taken"},
    "PUT /schedules/{id}": {"name": "Taken", "default": True},
    "PATCH /time-off/{id}": {"name": "Taken"},
    "PATCH /webhooks/{id}": {"events": ["contact.created"]},
    "POST /webhooks/{id}/replay": {"from": f"{DATE}T20:00:00Z", "to": f"{DATE}T21:00:00Z"},
    "POST /webhooks/{id}/test": {"eventType": "booking.created"},
}
QUERIES = {
    "/calendars/busy": f"?from={DATE}T00:00:00Z&to={DATE}T12:00:00Z",
    "/availability/{slug}": "?timezone=UTC",
    "/availability/{slug}/explain": f"?date={DATE}",
}


def bare(route: Forward) -> str:
    return route.path.removeprefix("/dashboard/api").removeprefix("/api/v1")


REACHABLE = [*load_forwards(), *OWN_FORWARDS]
ROUTES = [
    route
    for route in REACHABLE
    if "{" in route.path
    and route.caller_kind in {CallerKind.API_KEY, CallerKind.SESSION}
    and bare(route) not in OWN_ALONE
]


@dataclass
class Owner:
    """A user with one of everything; `things` are ids by kind."""

    host: Host
    browser: Browser
    things: dict[str, str]

    async def everything(self) -> dict[str, Any]:
        """Return all of the owner's data, as the owner sees it."""
        things = self.things
        seen = {
            path: (await self.browser.call("GET", f"/dashboard/api{path}")).body
            for path in (
                f"/contacts/{things['contact']}",
                f"/event-types/{things['event_type']}",
                f"/organizations/{things['organization']}",
                f"/organizations/{things['organization']}/scim-tokens",
                f"/organizations/{things['organization']}/invitations",
                "/invitations",
                f"/webhooks/{things['webhook']}",
                f"/webhooks/{things['webhook']}/secrets",
                "/schedule",
                "/schedules",
                "/time-off",
                "/brand",
            )
        }
        accounts = (await self.browser.call("GET", "/dashboard/api/calendar-accounts")).body["data"]
        seen["calendars"] = [
            (account["id"], account["state"], [(one["id"], one["reads"]) for one in found])
            for account in accounts
            if (found := account["calendars"])
        ]
        booking = (
            await self.browser.call("GET", f"/dashboard/api/bookings/{things['booking']}")
        ).body
        # Mails are sent meanwhile.
        mails = [(mail["id"], mail["type"]) for mail in booking["emailLogs"]]
        seen["booking"] = booking | {"emailLogs": mails}
        keys = (await self.browser.call("GET", "/dashboard/api/api-keys")).body["data"]
        return seen | {"keys": [(key["id"], key["revokedAt"]) for key in keys]}


async def made(answer: Answer, name: str = "id") -> str:
    assert answer.status == 201, answer
    return str(answer.body[name])


Create = Callable[..., Awaitable[str]]
"""Creates a thing below `/dashboard/api` from a body, and returns its id."""


async def of_organizations(
    create: Create, host: Host, colleague: Host, colleagues: Browser
) -> dict[str, str]:
    """Return an organization with a member and invitations, and an invitation of another one."""
    things = {"organization": await create("/organizations", {"name": "Acme"})}
    organization = f"/organizations/{things['organization']}"
    joining = await create(f"{organization}/invitations", {"email": colleague.email})
    accept = f"/dashboard/api/invitations/{joining}/accept"
    assert (await colleagues.call("POST", accept)).status == 200
    invited = {"email": f"{uuid4().hex}@example.com"}
    things["invitation"] = await create(f"{organization}/invitations", invited)
    theirs = await made(
        await colleagues.call("POST", "/dashboard/api/organizations", {"name": "Other"})
    )
    inviting = f"/dashboard/api/organizations/{theirs}/invitations"
    things["received"] = await made(await colleagues.call("POST", inviting, {"email": host.email}))
    things["scim_token"] = await create(f"{organization}/scim-tokens")
    return things


async def of_calendars(host: Host, browser: Browser) -> dict[str, str]:
    """Return a connected account and its calendar, which was read."""
    given = host.stack.file.calendar
    assert given is not None
    account = {"url": given.url, "user": given.user, "password": given.password}
    connected = await browser.call("POST", "/dashboard/api/calendar-accounts", account)
    account_id = await made(connected)
    await calendars.wait_until_read(host.stack.clients, host.email, within=30)
    return {"calendar_account": account_id, "calendar": connected.body["calendars"][0]["id"]}


async def of_webhooks(create: Create, browser: Browser) -> dict[str, str]:
    """Return a webhook with a delivery and a replay."""
    webhook = await create(
        "/webhooks", {"url": "http://127.0.0.1:9999/", "events": ["booking.created"]}
    )
    path = f"/dashboard/api/webhooks/{webhook}"
    tested = await browser.call("POST", f"{path}/test", {"eventType": "booking.created"})
    assert tested.status == 202, tested
    asked = await browser.call("POST", f"{path}/replay", BODIES["POST /webhooks/{id}/replay"])
    assert asked.status == 202, asked
    return {"webhook": webhook, "delivery": tested.body["id"], "replay": asked.body["id"]}


async def of_ingestion(host: Host) -> dict[str, str]:
    """Return a message and a call."""
    message = MESSAGE | {"externalMessageId": uuid4().hex}
    call = CALL | {"externalCallId": uuid4().hex}
    return {
        "message": await made(await host.call("POST", "/api/ingest/messages", message)),
        "call": await made(await host.call("POST", "/api/ingest/calls", call)),
    }


@pytest.fixture(scope="module")
async def owner(stack: Stack, http: aiohttp.ClientSession) -> Owner:
    host, browser = await sign_up(stack, http)
    colleague, colleagues = await sign_up(stack, http)
    start, *_others = await host.slots()
    types = (await host.call("GET", "/api/v1/event-types")).body["data"]
    things = {
        "booking": await made(await host.book(start), "bookingId"),
        "event_type": types[0]["id"],
        "slug": host.event_type,
        "member": str(colleague.id),
    }

    async def create(path: str, body: Any = None) -> str:
        return await made(await browser.call("POST", f"/dashboard/api{path}", body))

    booking = await host.call("GET", f"/api/v1/bookings/{things['booking']}")
    things["email"] = booking.body["emailLogs"][0]["id"]
    contact = {"name": "Zoë", "email": f"{uuid4().hex}@example.com"}
    things["contact"] = await create("/contacts", contact)
    erased = await create("/contacts", {"name": "Lea", "email": f"{uuid4().hex}@example.com"})
    erasing = await browser.call("POST", f"/dashboard/api/contacts/{erased}/erase")
    assert erasing.status == 202, erasing
    things["erasure"] = erasing.body["id"]
    things["api_key"] = await create("/api-keys", {"name": "CRM"})
    evenings = {"name": "Evenings", "timezone": "UTC", "weekly": {"monday": [["18:00", "20:00"]]}}
    things["schedule"] = await create("/schedules", evenings)
    off = {"from": "2030-08-03", "to": "2030-08-14", "name": "Summer"}
    things["time_off"] = await create("/time-off", off)
    things |= await of_organizations(create, host, colleague, colleagues)
    things |= await of_calendars(host, browser)
    things |= await of_webhooks(create, browser)
    things |= await of_ingestion(host)
    owner = Owner(host, browser, things)

    async def settled() -> bool:
        booking = (await host.call("GET", f"/api/v1/bookings/{things['booking']}")).body
        return booking["contact"]["id"] is not None

    await eventually(settled, what="the booking's contact")
    return owner


@pytest.fixture(scope="module")
async def stranger(stack: Stack, http: aiohttp.ClientSession) -> tuple[Host, Browser]:
    return await sign_up(stack, http)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_things_of_another_user_are_not_found(
    owner: Owner, stranger: tuple[Host, Browser], route: Forward
) -> None:
    """404 with the sentence for an unknown id, and the owner's data is unchanged."""
    host, browser = stranger
    caller = host if route.caller_kind is CallerKind.API_KEY else browser
    kinds = THINGS[bare(route)]
    # Users cannot invite themselves to an organization.
    joining = {"POST /organizations/{id}/invitations": {"email": host.email, "role": "admin"}}
    body = (BODIES | joining).get(f"{route.method} {bare(route)}")
    query = QUERIES.get(bare(route), "")
    before = await owner.everything()

    async def ask(ids: dict[str, str]) -> Answer:
        path = route.path
        for kind in kinds:
            start, end = path.index("{"), path.index("}")
            path = path[:start] + ids[kind] + path[end + 1 :]
        return await caller.call(route.method, path + query, body)

    theirs = await ask(owner.things)
    nobodys = await ask({kind: str(uuid4()) for kind in kinds})
    assert (theirs.status, set(theirs.body)) == (404, {"error", "code"})
    assert (nobodys.status, nobodys.body) == (theirs.status, theirs.body)
    assert await owner.everything() == before


# Things of the caller, in which another user's things are requested.
OF_ONES_OWN = {
    "organization": ("/organizations", {"name": "Mine"}),
    "webhook": ("/webhooks", {"url": "http://127.0.0.1:9999/", "events": ["booking.created"]}),
}


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if len(THINGS.get(bare(route), ())) > 1],
    ids=lambda route: f"{route.method} {route.path}",
)
async def test_own_things_do_not_contain_those_of_others(
    owner: Owner, stranger: tuple[Host, Browser], route: Forward
) -> None:
    """Another user's members, tokens and deliveries are not in the caller's things."""
    host, browser = stranger
    outer, kind = THINGS[bare(route)]
    if outer == "booking":
        mine = await made(await host.book((await host.slots())[0]), "bookingId")
    else:
        collection, document = OF_ONES_OWN[outer]
        mine = await made(await browser.call("POST", f"/dashboard/api{collection}", document))
    path = route.path.replace("{id}", mine)
    named = path[path.index("{") : path.index("}") + 1]
    body = BODIES.get(f"{route.method} {bare(route)}")
    before = await owner.everything()
    theirs = await browser.call(route.method, path.replace(named, owner.things[kind]), body)
    nobodys = await browser.call(route.method, path.replace(named, str(uuid4())), body)
    assert (theirs.status, set(theirs.body)) == (404, {"error", "code"})
    assert (nobodys.status, nobodys.body) == (theirs.status, theirs.body)
    assert await owner.everything() == before


async def test_anothers_event_type_cannot_be_booked_with_ones_own_key(
    owner: Owner, stranger: tuple[Host, Browser]
) -> None:
    """The slug is unknown to the caller, and the owner's time stays free."""
    host, _ = stranger
    start = (await owner.host.slots())[-1]
    theirs = await host.book(start, slug=owner.things["slug"])
    nobodys = await host.book(start, slug="nobodys")
    assert (nobodys.status, nobodys.body) == (theirs.status, theirs.body)
    assert theirs.status == 404
    assert start in await owner.host.slots()


async def test_lists_hold_ones_own_alone(owner: Owner, stranger: tuple[Host, Browser]) -> None:
    """Entries of the owner's lists are in no list of another user, with key and session."""
    lists = [
        route
        for route in REACHABLE
        if route.method == "GET"
        and "{" not in route.path
        and not route.path.endswith("/export")  # a file; contacts tests whose contacts are in it
        and route.caller_kind in {CallerKind.API_KEY, CallerKind.SESSION}
    ]

    async def shown(host: Host, browser: Browser) -> set[str]:
        """Return the kinds of the owner's things that a user's lists show."""
        words = ""
        for route in lists:
            caller = host if route.caller_kind is CallerKind.API_KEY else browser
            answer = await caller.call("GET", route.path + QUERIES.get(bare(route), ""))
            assert answer.status == 200, route.path
            words += str(answer.body)
        return {kind for kind, one in owner.things.items() if one in words}

    assert await shown(*stranger) == set()
    within_something = {
        "email",
        "member",
        "scim_token",
        "delivery",
        "invitation",
        "replay",
        "erasure",
    }
    assert await shown(owner.host, owner.browser) == set(owner.things) - within_something


async def test_dates_are_the_callers_own(owner: Owner, stranger: tuple[Host, Browser]) -> None:
    """An override of a date changes and restores only the caller's schedule."""
    _, browser = stranger
    path = f"/dashboard/api/schedule/overrides/{DATE}"
    before = await owner.everything()
    assert (await browser.call("PUT", path, {"windows": []})).status == 200
    schedule = (await browser.call("GET", "/dashboard/api/schedule")).body
    assert schedule["overrides"] == {DATE: []}
    assert await owner.everything() == before
    assert (await browser.call("DELETE", path)).status == 200


async def test_a_brand_is_the_callers_own(owner: Owner, stranger: tuple[Host, Browser]) -> None:
    """A change shows on the caller's page only, and so does a logo."""
    host, browser = stranger
    before = await owner.everything()
    wanted = {"welcomeText": "Taken", "embedSites": ["https://taken.example"]}
    assert (await browser.call("PATCH", "/dashboard/api/brand", wanted)).status == 200
    branded = await browser.call("PUT", "/dashboard/api/brand/logo", {"image": SQUARE})
    assert branded.status == 200, branded
    assert await owner.everything() == before
    page = (await owner.host.call("GET", f"/api/public/{owner.host.username}")).body
    assert page["brand"] == before["/brand"]
    page = (await host.call("GET", f"/api/public/{host.username}")).body
    assert page["brand"] == branded.body
    assert (await browser.call("DELETE", "/dashboard/api/brand/logo")).status == 200


async def test_an_idempotency_key_belongs_to_one_user(
    owner: Owner, stranger: tuple[Host, Browser]
) -> None:
    """The same key, path and body of two users are two writes."""
    host, _ = stranger
    contact = {"name": "Zoë", "email": f"{uuid4().hex}@example.com"}
    headers = {"Idempotency-Key": uuid4().hex}
    answers = [
        await caller.call("POST", "/api/v1/contacts", contact, headers=headers)
        for caller in (owner.host, host)
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body["id"] != answers[1].body["id"]


async def test_the_owner_finds_everything(owner: Owner) -> None:
    """The owner can read everything that the rows above request."""

    async def found() -> bool:
        return all("error" not in seen for seen in (await owner.everything()).values())

    assert await eventually(found)
    for slug_path in ("/api/v1/availability/", "/dashboard/api/availability/"):
        caller = owner.host if "v1" in slug_path else owner.browser
        suffix = "?timezone=UTC" if "v1" in slug_path else f"/explain?date={DATE}"
        answer = await caller.call("GET", slug_path + owner.things["slug"] + suffix)
        assert answer.status == 200
