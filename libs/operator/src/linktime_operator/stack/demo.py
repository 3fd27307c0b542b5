"""A demo host: created at the first start, reused later."""

from uuid import UUID

import aiohttp
import orjson
from pydantic import SecretStr

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.scim import DirectoryUsers
from linktime_common.http.client import Answered
from linktime_common.ids import parse_id
from linktime_operator.clients import Clients
from linktime_operator.errors import StackError
from linktime_operator.operations import credentials, organizations, scheduling, users
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.reasons import reason_of
from linktime_operator.stack_file import Demo, DemoEventType

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
UNAUTHORIZED = 401


async def ensure_demo(clients: Clients, gateway: str, secrets: KeptSecrets) -> Demo:
    """Create what is missing of the demo host; raises StackError when a service refuses.

    The password, key and token are kept in the state folder: services store only their hashes.
    """
    try:
        username = await _ensure_host(clients, secrets)
        token = await _ensure_organization(clients, secrets)
        key = await _ensure_key(clients, gateway, secrets)
        found = await _ensure_event_types(clients, gateway, key)
    except Answered as answered:
        raise StackError(f"The demo host could not be created: {answered.error}") from answered
    return Demo(
        email=EMAIL,
        password=secrets.password("demo-password"),
        username=username,
        api_key=key,
        scim_token=token,
        event_types=found,
    )


async def _ensure_host(clients: Clients, secrets: KeptSecrets) -> str:
    found = await clients.call(
        "scim", "GET", "/internal/users", DirectoryUsers, query={"email": EMAIL}
    )
    if found.data:
        # If the last start was killed, the projections may not know them yet.
        await users.spread(
            clients,
            found.data[0],
            so_far="The demo host is made; {service} does not know it yet: start LinkTime again.",
        )
        return found.data[0].user.username
    password = SecretStr(secrets.password("demo-password"))
    account = SignUpRequest(
        email=EMAIL, name=NAME, username=USERNAME, plan=Plan.BUSINESS, password=password
    )
    return (await users.create(clients, account)).username


async def _ensure_organization(clients: Clients, secrets: KeptSecrets) -> str:
    kept, token = secrets.read("demo-organization"), secrets.read("demo-scim-token")
    organization = parse_id(kept or "")
    if token and organization and await _exists(clients, organization):
        return token
    made = await organizations.create(clients, COMPANY, EMAIL)
    await organizations.verify_domain(clients, made.id, DOMAIN)
    token = (await credentials.make_scim_token(clients, made.id)).token
    secrets.write("demo-organization", str(made.id))
    secrets.write("demo-scim-token", token)
    return token


async def _exists(clients: Clients, organization: UUID) -> bool:
    try:
        await organizations.find(clients, organization)
    except Answered:
        return False
    return True


async def _ensure_key(clients: Clients, gateway: str, secrets: KeptSecrets) -> str:
    kept = secrets.read("demo-api-key")
    if kept and (await _ask(clients, gateway, kept))[0] != UNAUTHORIZED:
        return kept
    made = await credentials.make_api_key(clients, EMAIL, name="Demo")
    secrets.write("demo-api-key", made.key)
    return made.key


async def _ensure_event_types(clients: Clients, gateway: str, key: str) -> list[DemoEventType]:
    _, found = await _ask(clients, gateway, key)
    slugs = {event_type["slug"] for event_type in found}
    missing = [event_type for event_type in EVENT_TYPES if event_type["slug"] not in slugs]
    for event_type in missing:
        await scheduling.make_event_type(clients, EMAIL, dict(event_type))
    if missing:
        _, found = await _ask(clients, gateway, key)
    return [DemoEventType(id=one["id"], slug=one["slug"]) for one in found]


async def _ask(clients: Clients, gateway: str, key: str) -> tuple[int, list[dict[str, str]]]:
    """Return the demo host's event types as the gateway returns them."""
    try:
        async with clients.session.get(
            f"{gateway}/api/v1/event-types",
            headers={"Authorization": f"Bearer {key}"},
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
        ) as response:
            answer = orjson.loads(await response.read())
    except (OSError, TimeoutError, aiohttp.ClientError, orjson.JSONDecodeError) as error:
        raise StackError(f"The gateway at {gateway} did not respond: {reason_of(error)}") from error
    if response.status == UNAUTHORIZED:
        return UNAUTHORIZED, []
    if not response.ok:
        raise StackError(f"The gateway responded with {response.status}: {answer.get('error')}")
    return response.status, answer["data"]
