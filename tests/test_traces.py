"""One trace of a booking: services, events, the webhook, the mails and the calendar."""

from collections.abc import Iterator

import pytest

from linktime_local.testing.collectors import CollectedSpan, Collector
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import calendars
from tests.hosts import Host
from tests.receiver import Receiver

LAST_STEPS = {
    "POST webhook": 2,  # of the booking and of its contact
    "process booking.created.v1": 3,
    "process contact.created.v1": 1,
    "send mail": 2,
    "write calendar event": 1,
}


@pytest.fixture
def kept(collector: Collector) -> Iterator[Collector]:
    """Let the collector keep the spans of a test."""
    collector.keeps = True
    yield collector
    collector.keeps = False


def is_complete(spans: list[CollectedSpan]) -> bool:
    names = [span.name for span in spans]
    return all(names.count(name) == count for name, count in LAST_STEPS.items())


async def subscribed(host: Host, receiver: Receiver) -> dict[str, str]:
    """Connect a calendar and a webhook; return what must not be recorded."""
    calendar = host.stack.file.calendar
    assert calendar is not None
    login = {"url": calendar.url, "user": calendar.user, "password": calendar.password}
    await calendars.connect(host.stack.clients, host.email, login)
    await calendars.wait_until_read(host.stack.clients, host.email, within=30)
    secret = await host.subscribe(receiver.url, "booking.created", "contact.created")
    return {
        "host": host.email,
        "host's name": "Ann Host",
        "username": host.username,
        "key": host.key,
        "webhook": receiver.url,
        "secret": secret.removeprefix("whsec_"),
        "calendar": calendar.url,
        "password": calendar.password,
    }


async def test_a_booking_is_one_connected_trace(
    host: Host, kept: Collector, receiver: Receiver
) -> None:
    """From the gateway to the last thing that it causes, and nothing personal is in it."""
    planted = await subscribed(host, receiver)
    assert (await host.book((await host.slots())[0])).status == 201

    def root() -> CollectedSpan | None:
        found = kept.named("POST /api/v1/bookings")
        return next((span for span in found if span.service == "gateway"), None)

    began = await eventually(root, within=60, every=0.1)
    assert began.parent == ""
    await eventually(lambda: is_complete(kept.of_trace(began.trace)), within=60, every=0.1)
    spans = kept.of_trace(began.trace)
    ids = {span.id for span in spans}
    assert [span for span in spans if span.parent not in ids] == [began]
    assert {span.service for span in spans} >= {
        *("gateway", "bookings", "availability", "contacts", "webhooks")
    }
    assert [span for span in spans if span.has_failed] == []
    sent = {headers["traceparent"] for headers, _body in receiver.deliveries}
    assert sent == {
        f"00-{began.trace}-{span.id}-03" for span in spans if span.name == "POST webhook"
    }
    booking = receiver.read("booking.created")[0]["data"]
    planted |= {
        "invitee": booking["inviteeEmail"],
        "invitee's name": "Invitee",
        "link": booking["manageUrl"].rpartition("/")[2],
    }
    everything = b"".join(kept.bodies)
    assert [name for name, value in planted.items() if value.encode() in everything] == []
