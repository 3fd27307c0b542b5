"""A demo host: created at the first start, reused later. Nothing about it stops a start."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
import orjson
from pydantic import SecretStr

from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers
from linktime_common.http.client import Answered
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError, StackError
from linktime_operator.operations import calendars, credentials, organizations, scheduling, users
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.reasons import reason_of
from linktime_operator.stack.services import LOOPBACK
from linktime_operator.stack_file import Demo, DemoEventType, RunningCalendar

EMAIL = "demo@example.com"
NAME = "Demo Host"
USERNAME = "demo"
COMPANY = "Demo Company"
DOMAIN = "example.com"
EVENT_TYPES = (
    {"name": "Intro call", "slug": "intro", "durationMinutes": 30},
    {"name": "Deep dive", "slug": "deep-dive", "durationMinutes": 60},
)
CALL_SECONDS = 10
CALENDAR_SECONDS = 20.0
BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, CONFLICT = 400, 401, 404, 409

Part = TypeVar("Part")


async def ensure_demo(
    clients: Clients,
    gateway: str,
    secrets: KeptSecrets,
    calendar: RunningCalendar | None,
    warn: Callable[[str], None],
) -> Demo | None:
    """Create what is missing of the demo host, and return it, or None without a demo host.

    What cannot be created is a sentence to `warn`: people may change the demo host as any other.
    The password, key and token are kept in the state folder: services store only their hashes.
    """
    host = await _try("host", _ensure_host(clients, secrets), warn)
    if host is None:
        return None
    password = await _try("password", _password(secrets), warn)
    token = await _try("SCIM token", _ensure_token(clients, gateway, secrets, host), warn)
    key = await _try("API key", _ensure_key(clients, gateway, secrets, host), warn)
    found = await _try("event types", _ensure_event_types(clients, gateway, key, host), warn)
    if calendar is not None:
        await _try("calendar", _ensure_calendar(clients, host, calendar), warn)
    else:
        await _try("calendar", _disconnect_calendar(clients, host), warn, effect="disconnected")
    return Demo(
        email=host.email,
        password=password,
        username=host.username,
        api_key=key,
        scim_token=token,
        event_types=found or [],
    )


async def _try(
    name: str, made: Awaitable[Part], warn: Callable[[str], None], *, effect: str = "created"
) -> Part | None:
    try:
        return await made
    except Answered as answered:
        reason = answered.error
    except OperatorError as error:
        reason = str(error)
    warn(f"The demo {name} could not be {effect}: {reason}")
    return None


async def _password(secrets: KeptSecrets) -> str:
    return secrets.password("demo-password")


async def _ensure_host(clients: Clients, secrets: KeptSecrets) -> UserState:
    found = await _find_host(clients, secrets)
    if found is None:
        account = SignUpRequest(
            email=EMAIL,
            name=NAME,
            username=USERNAME,
            plan=Plan.BUSINESS,
            password=SecretStr(await _password(secrets)),
        )
        await users.create(clients, account)
        found = await users.find(clients, EMAIL)
    else:
        # If the last start was killed, the projections may not know them yet.
        await users.spread(
            clients,
            found,
            so_far="The demo host is made; {service} does not know it yet: start LinkTime again.",
        )
    secrets.write("demo-host", str(found.user.id))
    return found.user


async def _find_host(clients: Clients, secrets: KeptSecrets) -> DirectoryUser | None:
    """Find the demo host by id, as its e-mail can be changed; by e-mail if the id is not known.

    Raises StackError if the id is damaged and nobody has the e-mail: the host may have another one.
    """
    damage = None
    try:
        kept = secrets.read_id("demo-host")
        if kept is not None:
            return await clients.call("scim", "GET", f"/internal/users/{kept}", DirectoryUser)
    except StackError as error:
        damage = error
    except Answered as answered:
        if answered.status != NOT_FOUND:
            raise
    query = {"email": EMAIL}
    found = await clients.call("scim", "GET", "/internal/users", DirectoryUsers, query=query)
    if not found.data and damage is not None:
        raise damage
    return found.data[0] if found.data else None


async def _ensure_token(
    clients: Clients, gateway: str, secrets: KeptSecrets, host: UserState
) -> str:
    organization = await _ensure_organization(clients, secrets, host)
    kept = secrets.read("demo-scim-token")
    if kept:
        status, _ = await _ask(clients, f"{gateway}/api/scim/v2/ServiceProviderConfig", kept)
        if status != UNAUTHORIZED:
            return kept
    else:
        await _unless_taken(organizations.verify_domain(clients, organization, DOMAIN))
    token = (await credentials.make_scim_token(clients, organization)).token
    secrets.write("demo-scim-token", token)
    return token


async def _ensure_organization(clients: Clients, secrets: KeptSecrets, host: UserState) -> UUID:
    kept = secrets.read_id("demo-organization")
    if kept is not None:
        try:
            return (await organizations.find(clients, kept)).id
        except Answered as answered:
            if answered.status != NOT_FOUND:
                raise
    made = await organizations.create(clients, COMPANY, host.email)
    # Kept before its token is made: if the start is killed now, the next one makes no second one.
    secrets.write("demo-organization", str(made.id))
    secrets.remove("demo-scim-token")
    return made.id


async def _ensure_key(clients: Clients, gateway: str, secrets: KeptSecrets, host: UserState) -> str:
    kept = secrets.read("demo-api-key")
    if kept and (await _ask(clients, f"{gateway}/api/v1/me", kept))[0] != UNAUTHORIZED:
        return kept
    made = await credentials.make_api_key(clients, host.email, name="Demo")
    secrets.write("demo-api-key", made.key)
    return made.key


async def _ensure_event_types(
    clients: Clients, gateway: str, key: str | None, host: UserState
) -> list[DemoEventType]:
    """Create the missing event types; return the active ones, or none without a key."""
    for document in EVENT_TYPES:
        # An archived one has its slug too.
        await _unless_taken(scheduling.make_event_type(clients, host.email, dict(document)))
    if key is None:
        return []
    status, answer = await _ask(clients, f"{gateway}/api/v1/event-types", key)
    if status >= 400:  # noqa: PLR2004
        raise StackError(f"the gateway responded with {status}: {answer.get('error')}")
    return [DemoEventType(id=one["id"], slug=one["slug"]) for one in answer["data"]]


async def _ensure_calendar(clients: Clients, host: UserState, calendar: RunningCalendar) -> None:
    """Connect the calendar server, or give the account its present address and password."""
    given = {"url": calendar.url, "password": calendar.password}
    account = await _private_account(clients, host)
    if account is not None and not await _accepted(
        calendars.change(clients, host.email, account, given)
    ):
        # At another port it is another server, which needs an account of its own.
        await calendars.disconnect(clients, host.email, UUID(account))
        account = None
    if account is None:
        await calendars.connect(clients, host.email, {"user": calendar.user, **given})
    await calendars.wait_until_read(clients, host.email, within=CALENDAR_SECONDS)


async def _disconnect_calendar(clients: Clients, host: UserState) -> None:
    """Disconnect the calendar server, which is off.

    After a day without an answer the host would have no slots.
    """
    account = await _private_account(clients, host)
    if account is not None:
        await calendars.disconnect(clients, host.email, UUID(account))


async def _private_account(clients: Clients, host: UserState) -> str | None:
    """Return the id of the host's account at the private calendar server."""
    for account in await calendars.list_of(clients, host.email):
        if account["kind"] == "caldav" and account["server"] == LOOPBACK:
            return str(account["id"])
    return None


async def _accepted(change: Awaitable[object]) -> bool:
    try:
        await change
    except Answered as answered:
        if answered.status != BAD_REQUEST:
            raise
        return False
    return True


async def _unless_taken(made: Awaitable[object]) -> None:
    try:
        await made
    except Answered as answered:
        if answered.status != CONFLICT:
            raise


async def _ask(clients: Clients, url: str, credential: str) -> tuple[int, dict[str, Any]]:
    """Return the status and body of a GET through the gateway."""
    try:
        async with clients.session.get(
            url,
            headers={"Authorization": f"Bearer {credential}"},
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
        ) as response:
            return response.status, orjson.loads(await response.read())
    # ValueError: the answer is not JSON, or the kept credential is damaged.
    except (OSError, TimeoutError, aiohttp.ClientError, ValueError) as error:
        raise StackError(f"the gateway did not respond to {url}: {reason_of(error)}") from error
