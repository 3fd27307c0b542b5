"""`--json` prints every field of a service's reply."""

import json
from collections.abc import Sequence
from typing import Any

from libs.operator.tests.command_names import commands
from libs.operator.tests.launched import Launcher
from libs.operator.tests.letters import send_nonsense
from libs.operator.tests.users import some_email
from pydantic import BaseModel

from linktime_common.contracts.events.scim import UserState
from linktime_common.contracts.internal_api.availability import MadeEventType
from linktime_common.contracts.internal_api.bookings import MadeCalendarFeed
from linktime_common.contracts.internal_api.gateway import (
    ApiKey,
    ApiKeys,
    MadeAccount,
    MadeApiKey,
    MadeScimToken,
)
from linktime_common.contracts.internal_api.parked import ParkedMessage
from linktime_common.contracts.internal_api.scim import ListedOrganization, OrganizationView
from linktime_common.contracts.internal_api.webhooks import (
    DeliveryView,
    DeliveryWithAttempts,
    EndpointView,
    MadeEndpoint,
    RangeReplayView,
    RotatedSecret,
)
from linktime_local.testing.waiting import eventually
from linktime_operator.cli import linktime

REPLIES: dict[str, type[BaseModel]] = {
    "user create": MadeAccount,
    "user list": UserState,
    "user set-plan": UserState,
    "user show": UserState,
    "user deactivate": UserState,
    "user activate": UserState,
    "calendar feed create": MadeCalendarFeed,
    "api-key create": MadeApiKey,
    "api-key list": ApiKeys,
    "org create": OrganizationView,
    "org verify-domain": OrganizationView,
    "org set-owner": OrganizationView,
    "org list": ListedOrganization,
    "scim-token create": MadeScimToken,
    "event-type create": MadeEventType,
    "webhook create": MadeEndpoint,
    "webhook list": EndpointView,
    "webhook show": EndpointView,
    "webhook enable": EndpointView,
    "webhook disable": EndpointView,
    "webhook edit": EndpointView,
    "webhook rotate": RotatedSecret,
    "webhook deliveries": DeliveryWithAttempts,
    "webhook test": DeliveryWithAttempts,
    "webhook replay": RangeReplayView,
    "dead-letters list": ParkedMessage,
}
"""The reply that a command prints; of a list, one entry. `webhook replay`: see the test."""

ADDED = {
    "webhook rotate": {"secretId"},  # the secret's; `id` is the webhook's, as in other commands
    "dead-letters list": {"service"},
}
WITHOUT_REPLY = {
    "run": "prints the addresses of the stack that it starts",
    "doctor": "prints its own diagnosis",
    "mail list": "calls no service; its fields are in test_mail.py",
    "mail show": "calls no service; its fields are in test_mail.py",
    "mail preview": "calls no service; its fields are in test_mail_preview.py",
    "deploy secrets": "calls no service",
    "deploy prepare": "calls no service",
    "webhook listen": "prints what it receives",
    "user delete": "prints the sum of several replies",
    "user deletion": "prints the sum of several replies",
    "calendar connect": "prints the reply unchanged; it has no model here",
    "calendar list": "prints the reply unchanged; it has no model here",
    "explain": "prints the reply unchanged; it has no model here",
    "calendar sync": "prints the reply unchanged; it has no model here",
    "calendar feed revoke": "prints the user",
    "calendar disconnect": "the reply is empty; prints the id",
    "event-type list": "prints the reply unchanged; it has no model here",
    "event-type show": "prints the reply unchanged; it has no model here",
    "event-type update": "prints the reply unchanged; it has no model here",
    "event-type archive": "prints the reply unchanged; it has no model here",
    "schedule list": "prints the reply unchanged; it has no model here",
    "schedule add": "prints the reply unchanged; it has no model here",
    "schedule delete": "the reply is empty; prints the id",
    "schedule show": "prints the reply unchanged; it has no model here",
    "holidays show": "prints the reply unchanged; it has no model here",
    "holidays set": "prints the reply unchanged; it has no model here",
    "holidays clear": "prints the reply unchanged; it has no model here",
    "time-off list": "prints the reply unchanged; it has no model here",
    "time-off add": "prints the reply unchanged; it has no model here",
    "time-off remove": "the reply is empty; prints the id",
    "booking list": "prints the reply unchanged; it has no model here",
    "booking show": "prints the reply unchanged; it has no model here",
    "booking cancel": "the reply is empty; prints the booking, unchanged",
    "booking move": "the reply is empty; prints the booking, unchanged",
    "contact list": "prints the reply unchanged; it has no model here",
    "contact show": "prints the reply unchanged; it has no model here",
    "contact erase": "prints the reply unchanged; it has no model here",
    "contact erasure": "prints the reply unchanged; it has no model here",
    "contact export": "prints the reply unchanged; it has no model here",
    "contact delete": "the reply is empty; prints the id",
    "org remove-member": "the reply is empty; prints the id",
    "org members": "prints the reply unchanged; it has no model here",
    "completion": "calls no service",
    "schedule set": "prints the reply unchanged; it has no model here",
    "api-key revoke": "the reply is empty; prints the id",
    "webhook delete": "the reply is empty; prints the id",
    "dead-letters replay": "prints the sum of several replies",
    "dead-letters drop": "prints the sum of several replies",
    "resync": "prints the sum of several replies",
    "republish": "prints the sum of several replies",
    "reconcile": "prints what it found in several replies",
}
REPLAYED = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-15T00:00:00Z")


def fields(model: type[BaseModel]) -> set[str]:
    """Return the names on the wire."""
    return set(model.model_json_schema(mode="serialization")["properties"])


class Asked:
    """Runs commands and checks what they print."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self.checked: set[str] = set()

    async def __call__(self, command: str, *options: str, given: bytes = b"") -> Any:
        """Return the output, or the first entry of a list."""
        outcome = await self._launcher.command(*command.split(), *options, "--json", given=given)
        printed = json.loads(outcome.output)
        found = printed[0] if isinstance(printed, list) else printed
        if command in REPLIES and command not in self.checked:
            self.checked.add(command)
            assert set(found) == fields(REPLIES[command]) | ADDED.get(command, set()), command
        return found


def test_every_command_has_its_reply_or_a_reason() -> None:
    """A new command is added to one of the lists."""
    named = {name for name, _options in commands(linktime)}
    assert REPLIES.keys() | WITHOUT_REPLY.keys() == named
    assert not REPLIES.keys() & WITHOUT_REPLY.keys()


async def test_json_has_every_field_of_the_reply(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """On a running stack, each command once."""
    ask = Asked(launcher)
    await _webhooks(ask, await _accounts(ask))
    await send_nonsense(running, "gateway")
    await eventually(lambda: _is_parked(launcher), within=30, every=0.2)
    letter = await ask("dead-letters list")
    await ask("dead-letters drop", "--yes", "--id", letter["id"])
    assert ask.checked == set(REPLIES)


async def _is_parked(launcher: Launcher) -> bool:
    return bool((await launcher.command("dead-letters", "list", "--json")).json)


async def _accounts(ask: Asked) -> str:
    """Return the e-mail of a new account."""
    user = ("--user", (await ask("user create", "--email", some_email(), "--name", "Ann"))["email"])
    await ask("user list")
    await ask("user set-plan", *user, "--plan", "BUSINESS")
    for verb in ("show", "deactivate", "activate"):
        await ask(f"user {verb}", *user)
    await ask("api-key create", *user)
    await ask("calendar feed create", *user)
    assert set((await ask("api-key list", *user))["data"][0]) == fields(ApiKey)
    organization = await ask("org create", "--name", "Acme", "--owner", user[1])
    org = ("--org", organization["id"])
    await ask("org list")
    await ask("org set-owner", *org, *user)
    await ask("org verify-domain", *org, "--domain", f"{organization['id']}.example")
    await ask("scim-token create", *org)
    event_type = {"name": "Chat", "slug": "chat", "durationMinutes": 30}
    await ask("event-type create", *user, "--file", "-", given=json.dumps(event_type).encode())
    return user[1]


async def _webhooks(ask: Asked, email: str) -> None:
    url = ("--url", "http://127.0.0.1:9999/hook")
    made = await ask("webhook create", "--user", email, *url, "--events", "booking.created")
    one: Sequence[str] = ("--user", email, "--id", made["id"])
    await ask("webhook list", "--user", email)
    for verb in ("show", "disable", "enable"):
        await ask(f"webhook {verb}", *one)
    await ask("webhook edit", *one, "--description", "The CRM")
    await ask("webhook rotate", *one)
    sent = await ask("webhook test", *one)
    await ask("webhook deliveries", *one)
    await ask("webhook replay", *one, *REPLAYED)
    again = await ask("webhook replay", *one, "--delivery", sent["id"])
    assert set(again) == fields(DeliveryView)
    await ask("webhook delete", "--yes", *one)
