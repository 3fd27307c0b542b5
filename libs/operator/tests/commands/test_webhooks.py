"""Commands for webhook endpoints."""

import json
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from libs.operator.tests.launched import Launcher, Outcome
from libs.operator.tests.users import new_user

EVENTS = "booking.created, contact.created"
UNREACHABLE = "http://127.0.0.1:9999/hook"


class Webhook:
    """A webhook of a new user, and commands for it."""

    def __init__(self, launcher: Launcher, email: str, made: dict[str, Any]) -> None:
        self._launcher = launcher
        self._email = email
        self.made = made

    async def command(self, verb: str, *options: str) -> Outcome:
        named = ("--user", self._email, "--id", self.made["id"], "--json")
        return await self._launcher.command("webhook", verb, *named, *options)

    async def ask(self, verb: str, *options: str) -> Any:
        outcome = await self.command(verb, *options)
        assert outcome.status == 0, outcome.error
        return outcome.json

    async def listed(self) -> Any:
        listing = ("webhook", "list", "--user", self._email, "--json")
        return (await self._launcher.command(*listing)).json


@pytest.fixture
async def webhook(launcher: Launcher, running: dict[str, Any]) -> Webhook:
    user = await new_user(running)
    create = ("webhook", "create", "--user", user.email, "--url", UNREACHABLE, "--json", "--events")
    made = await launcher.command(*create, EVENTS)
    assert made.status == 0, made.error
    assert (await launcher.command(*create, "booking.eaten")).refusal["error"]
    return Webhook(launcher, user.email, made.json)


async def test_a_webhook_on_this_machine_is_made_and_listed(webhook: Webhook) -> None:
    """Its secret is shown once."""
    assert webhook.made["secret"].startswith("whsec_")
    (listed,) = await webhook.listed()
    assert (listed["url"], listed["events"]) == (UNREACHABLE, EVENTS.split(", "))
    assert listed["state"] == "active"
    assert "secret" not in listed
    shown = await webhook.ask("show")
    assert (shown["id"], shown["active"]) == (webhook.made["id"], True)
    assert "secret" not in shown


async def test_off_and_on_and_a_new_secret(webhook: Webhook) -> None:
    """As the owner can; without overlap the old secret ends."""
    off = await webhook.ask("disable")
    assert (off["state"], off["disabledReason"]) == ("disabled", "owner")
    refused = await webhook.command("test")
    assert refused.refusal == {
        "error": "The webhook is disabled; enable it first",
        "code": "webhook_disabled",
    }
    assert (await webhook.ask("enable"))["state"] == "active"
    rotated = await webhook.ask("rotate", "--overlap-hours", "0")
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != webhook.made["secret"]
    assert rotated["id"] == webhook.made["id"]
    assert rotated["secretId"] != rotated["id"]


async def test_a_test_delivery_waits_for_its_outcome(webhook: Webhook) -> None:
    """Shown with the attempt; the status is 1, since nothing listens there."""
    outcome = await webhook.command("test", "--event", "payment.received")
    sent = outcome.json
    assert outcome.status == 1
    assert json.loads(outcome.error) == {
        "error": f"The sample did not arrive at {UNREACHABLE}: "
        "the connection was refused, or the address cannot be reached (connect)."
    }
    assert (sent["kind"], sent["eventType"]) == ("test", "payment.received")
    assert (sent["state"], sent["attempts"][0]["reason"]) == ("failed", "connect")
    (listed,) = await webhook.ask("deliveries", "--state", "failed")
    assert listed == sent
    assert listed["messageId"] == listed["attempts"][0]["requestHeaders"]["webhook-id"]
    assert '"test":true' in listed["attempts"][0]["requestBody"]["content"]


async def test_a_test_that_arrives_has_status_0(webhook: Webhook) -> None:
    """After the URL is changed to a working one."""
    app = web.Application()
    app.router.add_post("/hook", _take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await webhook.ask("edit", "--url", f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    assert (await webhook.ask("test"))["state"] == "delivered"
    await runner.cleanup()


async def test_deliveries_are_replayed(webhook: Webhook) -> None:
    """One delivery; a range leaves out test deliveries, and is waited for."""
    sent = (await webhook.command("test")).json
    again = await webhook.ask("replay", "--delivery", sent["id"])
    assert (again["id"] != sent["id"], again["messageId"]) == (True, sent["messageId"])
    range_ = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-15T00:00:00Z")
    over = await webhook.ask("replay", *range_)
    counts = {"state": "done", "chosen": 0, "replayed": 0, "hasMore": False}
    assert {name: over[name] for name in counts} == counts
    chosen = await webhook.ask("replay", *range_, "--states", "failed, delivered")
    assert chosen["state"] == "done"
    wrong = await webhook.command("replay", *range_, "--states", "failed,eaten")
    assert "states.1" in wrong.refusal["details"]


async def test_a_webhook_is_edited_and_deleted(webhook: Webhook) -> None:
    """Other fields stay unchanged."""
    edited = await webhook.ask("edit", "--description", "The CRM", "--rate", "5")
    assert (edited["description"], edited["ratePerSecond"]) == ("The CRM", 5)
    edited = await webhook.ask("edit", "--events", "booking.cancelled", "--rate", "0")
    assert (edited["events"], edited["ratePerSecond"]) == (["booking.cancelled"], None)
    assert (edited["description"], edited["url"]) == ("The CRM", UNREACHABLE)
    assert "--url" in (await webhook.command("edit")).misuse
    assert "url" in (await webhook.command("edit", "--url", "nonsense")).refusal["details"]
    assert await webhook.ask("delete", "--yes") == {"id": webhook.made["id"], "deleted": True}
    assert "Webhook not found" in (await webhook.command("show")).refusal["error"]
    assert await webhook.listed() == []


async def _take(_request: web.Request) -> web.Response:
    return web.Response(status=204)


async def test_impossible_commands_are_refused(webhook: Webhook) -> None:
    """An unknown webhook, half a range, an invalid state."""
    webhook.made["id"], known = str(uuid4()), webhook.made["id"]
    refused = (await webhook.command("show")).refusal
    assert "Webhook not found" in refused["error"]
    assert refused["code"] == "webhook_not_found"
    webhook.made["id"] = known
    one, half = ("--delivery", known), ("--from", "2026-01-01T00:00:00Z")
    for options in ((), half, (*one, *half), (*one, "--states", "failed")):
        assert "--delivery" in (await webhook.command("replay", *options)).misuse
    gone = await webhook.command("replay", "--delivery", str(uuid4()))
    assert "linktime webhook deliveries --user" in gone.refusal["error"]
    assert f"--id {known}`" in gone.refusal["error"]
    assert gone.refusal["code"] == "delivery_not_found"
    wrong = await webhook.command("deliveries", "--state", "eaten")
    assert "state" in wrong.refusal["details"]
    too_long = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z")
    assert "to" in (await webhook.command("replay", *too_long)).refusal["details"]
