"""A delivery belongs to the trace of its event, and tells the subscriber so."""

from uuid import uuid4

from aiohttp import web
from services.webhooks.tests.deliveries import subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_local.testing.collectors import recording, send_recorded
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"


async def test_a_subscriber_gets_the_trace_context_of_the_event(
    deps: Deps, receiver: Subscriber
) -> None:
    """With each attempt; also if nothing is recorded, so that logs can be compared."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    receiver.answer = lambda _received: web.Response(status=204 if receiver.received[1:] else 503)
    event = booking_created(owner).model_copy(update={"traceparent": GIVEN})
    async with dispatching(deps, delays=(0, 0.01)) as dispatcher:
        await take_in(deps, event)
        dispatcher.wake()
        await eventually(lambda: len(receiver.received) == 2, what="two attempts")
    assert [one.headers["traceparent"] for one in receiver.received] == [GIVEN, GIVEN]


async def test_each_attempt_is_a_step_of_the_trace(deps: Deps, receiver: Subscriber) -> None:
    """Sent with its own id, and recorded with the outcome; without the address or a secret."""
    owner = uuid4()
    _endpoint, secret = await subscribe(deps, owner, receiver.url)
    receiver.answer = lambda _received: web.Response(status=204 if receiver.received[1:] else 503)
    event = booking_created(owner).model_copy(update={"traceparent": GIVEN})
    async with recording("webhooks") as collector:
        async with dispatching(deps, delays=(0, 0.01)) as dispatcher:
            await take_in(deps, event)
            dispatcher.wake()
            await eventually(lambda: len(receiver.received) == 2, what="two attempts")
        await send_recorded()
    failed, delivered = collector.named("POST webhook")
    for number, (span, got) in enumerate(zip((failed, delivered), receiver.received, strict=True)):
        assert (span.trace, span.parent, span.kind) == (TRACE, GIVEN.split("-")[2], "client")
        assert got.headers["traceparent"] == f"00-{TRACE}-{span.id}-01"
        assert span.attributes["linktime.attempt"] == number + 1
    assert (failed.has_failed, failed.attributes["error.type"]) == (True, "http_503")
    assert failed.attributes["http.response.status_code"] == 503
    assert (delivered.has_failed, delivered.attributes["http.response.status_code"]) == (False, 204)
    for planted in (secret.removeprefix("whsec_"), receiver.url, "/hook"):
        assert not any(planted.encode() in body for body in collector.bodies)
