"""A hanging subscriber or a backlog delays no other endpoint; processes share the work."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from libs.common.tests.egress.receivers import listening, saying_once
from services.webhooks.tests.deliveries import ENDED, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.processes import WebhookStack, booked, webhook_stack
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher import recording
from linktime_webhooks.dispatcher.targets import Targets
from linktime_webhooks.store import deliveries

HANGING = 40
BACKLOG_EACH = 100
HEALTHY_EVENTS = 20


@dataclass
class Hanging:
    """A receiver that accepts requests and does not respond until `ended` is set."""

    url: str = ""
    taken: Counter[str] = field(default_factory=Counter)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@pytest.fixture
async def hanging() -> AsyncIterator[Hanging]:
    found = Hanging()

    async def take(request: web.Request) -> web.Response:
        found.taken[request.path] += 1
        await found.ended.wait()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{tail:.*}", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    found.ended.set()
    await runner.cleanup()


async def lateness(deps: Deps, receiver: Subscriber, owner: UUID, count: int) -> list[float]:
    """Send events to a healthy endpoint, one by one; return the latency of each."""
    took = []
    for number in range(1, count + 1):
        began = time.monotonic()
        await take_in(deps, booking_created(owner))
        await eventually(lambda number=number: len(receiver.received) >= number, every=0.005)
        took.append(time.monotonic() - began)
    return took


async def test_forty_hanging_endpoints_with_thousands_of_due_rows_delay_no_other(
    deps: Deps, receiver: Subscriber, hanging: Hanging
) -> None:
    """Each has one slot until it responds, and all of them share a lane (keygen-sh#771)."""
    healthy, dead = uuid4(), [uuid4() for _ in range(HANGING)]
    await subscribe(deps, healthy, receiver.url)
    for number, owner in enumerate(dead):
        await subscribe(deps, owner, f"{hanging.url}/{number}")
        await take_in(deps, *[booking_created(owner) for _ in range(BACKLOG_EACH)])
    async with dispatching(deps):
        await eventually(lambda: len(hanging.taken) == HANGING)
        took = await lateness(deps, receiver, healthy, HEALTHY_EVENTS)
        assert max(hanging.taken.values()) <= 2
        await _stop_hanging(deps, hanging)
    assert sorted(took)[int(len(took) * 0.99) - 1] < 1.0


async def test_a_slow_endpoint_does_not_delay_its_owners_other_one(
    deps: Deps, receiver: Subscriber, hanging: Hanging
) -> None:
    """Two endpoints of one owner, one responds after 30 seconds: the other receives at once."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    await subscribe(deps, owner, f"{hanging.url}/slow")
    async with dispatching(deps):
        took = await lateness(deps, receiver, owner, HEALTHY_EVENTS)
        assert hanging.taken["/slow"] <= 2
        await _stop_hanging(deps, hanging)
    assert sorted(took)[int(len(took) * 0.99) - 1] < 1.0


async def test_a_failing_endpoints_queue_delays_no_other(deps: Deps, receiver: Subscriber) -> None:
    """A thousand due deliveries to one that refuses them (frain-dev/convoy#1926)."""
    bad, good = uuid4(), uuid4()
    receiver.answer = lambda one: web.Response(status=500 if one.path == "/hook/bad" else 204)
    await subscribe(deps, bad, f"{receiver.url}/bad")
    await subscribe(deps, good, f"{receiver.url}/good")
    await take_in(deps, *[booking_created(bad) for _ in range(1_000)])
    async with dispatching(deps, delays=(0, 3600)):
        began = time.monotonic()
        await take_in(deps, booking_created(good))
        await eventually(lambda: any(one.path == "/hook/good" for one in receiver.received))
        assert time.monotonic() - began < 1.0


async def test_completions_wait_while_the_database_is_unavailable(
    deps: Deps, receiver: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results are kept and written later; nothing is sent twice."""
    owner, is_away = uuid4(), True
    complete = deliveries.complete

    async def refuse(*values: Any, **more: Any) -> dict[UUID, str]:
        if is_away:
            raise Unavailable("away")
        return await complete(*values, **more)

    await subscribe(deps, owner, receiver.url)
    await take_in(deps, *[booking_created(owner) for _ in range(20)])
    monkeypatch.setattr(deliveries, "complete", refuse)
    monkeypatch.setattr(recording, "OUTAGE_PAUSE_SECONDS", 0.05)
    async with dispatching(deps):
        await eventually(lambda: len(receiver.received) == 20)
        assert await rows(deps, ENDED) == []
        is_away = False
        await eventually(lambda: _all_delivered(deps, 20))
    assert len(receiver.received) == 20


async def test_a_response_that_cannot_be_written_does_not_block_its_batch(
    deps: Deps, receiver: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt is recorded without it (hookdeck/outpost#974)."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(body=b"\x00\xff not text", status=200)
    await subscribe(deps, owner, receiver.url)
    write, refused = recording.attempts.insert, 0

    async def refuse(connection: object, given: list[recording.AttemptRow]) -> None:
        nonlocal refused
        if any(one.response_body for one in given):
            refused += 1
            raise ValueError("the log does not take it")
        await write(connection, given)  # type: ignore[arg-type]

    monkeypatch.setattr(recording.attempts, "insert", refuse)
    async with dispatching(deps):
        await take_in(deps, *[booking_created(owner) for _ in range(3)])
        await eventually(lambda: _all_delivered(deps, 3))
    assert refused
    assert await rows(deps, "SELECT response_body FROM attempts") == [(b"",)] * 3


async def test_responses_of_any_bytes_are_logged(deps: Deps, receiver: Subscriber) -> None:
    """NUL and invalid UTF-8 are stored as bytes (getsentry/sentry#109559)."""
    owner = uuid4()
    receiver.answer = lambda _one: web.Response(body=b"\x00\xff not text", status=200)
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: _all_delivered(deps, 1))
    assert await rows(deps, "SELECT response_body FROM attempts") == [(b"\x00\xff not text",)]


@pytest.mark.parametrize(
    ("answer", "truncated"),
    [
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", True),
    ],
    ids=["204-with-body", "same-length-twice", "cut-short"],
)
async def test_a_malformed_success_is_a_delivery(
    deps: Deps, answer: bytes, truncated: bool
) -> None:
    """No endpoint is disabled for the syntax of its responses."""
    owner = uuid4()
    async with listening(saying_once(answer)) as receiver, dispatching(deps):
        await subscribe(deps, owner, receiver.url)
        await take_in(deps, booking_created(owner))
        await eventually(lambda: _all_delivered(deps, 1))
    query = "SELECT reason, response_truncated FROM attempts"
    assert await rows(deps, query) == [("ok", truncated)]


@pytest.fixture(scope="module")
async def processes() -> AsyncIterator[WebhookStack]:
    async with webhook_stack() as stack:
        yield stack


async def test_two_processes_share_the_work_without_duplicates(
    processes: WebhookStack, receiver: Subscriber
) -> None:
    """From the broker through two real processes; each sends a part, each message is sent once."""
    owners = [new_id() for _ in range(8)]
    await processes.add_endpoints(owners, receiver.url, each=1)
    async with processes.dispatchers(2):
        await processes.publish([booked(owners[n % 8]) for n in range(800)])
        await eventually(lambda: len(receiver.received) >= 800, within=30)
        done = "SELECT state, count(*) FROM delivery_history GROUP BY 1"
        await eventually(lambda: _says(processes, done, [("delivered", 800)]))
    ids = Counter(one.headers["webhook-id"] for one in receiver.received)
    assert set(ids.values()) == {1}
    assert await processes.rows("SELECT count(*) FROM deliveries") == [(0,)]


async def test_sigterm_waits_for_requests_in_flight(
    processes: WebhookStack,
) -> None:
    """They are recorded before the process ends: nothing stays leased or is sent again."""
    has_come, go_on = asyncio.Event(), asyncio.Event()
    app = web.Application()

    async def take(_request: web.Request) -> web.Response:
        has_come.set()
        await go_on.wait()
        return web.Response(status=204)

    app.router.add_post("/slow", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slow = new_id()
    await processes.add_endpoints([slow], f"http://127.0.0.1:{runner.addresses[0][1]}/slow", each=1)
    async with processes.worker() as worker:
        await processes.publish([booked(slow)])
        async with asyncio.timeout(30):
            await has_come.wait()
        worker.process.terminate()
        await asyncio.sleep(0.5)
        assert worker.process.returncode is None
        go_on.set()
        assert await worker.process.wait() == 0
    await runner.cleanup()
    assert await processes.rows("SELECT count(*) FROM deliveries") == [(0,)]


async def test_a_stopped_dispatcher_leaves_nothing_leased(
    deps: Deps, receiver: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between a claim and its sending: others can claim it at once, not after a minute."""
    owner, has_claimed = uuid4(), asyncio.Event()

    async def stop_here(_targets: Targets, _ids: object) -> None:
        has_claimed.set()
        await asyncio.Event().wait()

    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    with monkeypatch.context() as patch:
        patch.setattr(Targets, "find", stop_here)
        async with dispatching(deps):
            await has_claimed.wait()
    assert await rows(deps, "SELECT lease_until FROM deliveries") == [(None,)]
    async with dispatching(deps):
        await eventually(lambda: _all_delivered(deps, 1))


async def _says(stack: WebhookStack, query: str, wanted: list[tuple[object, ...]]) -> bool:
    return await stack.rows(query) == wanted


async def _all_delivered(deps: Deps, count: int) -> bool:
    return await rows(deps, ENDED) == [("delivered", 1)] * count


async def _stop_hanging(deps: Deps, hanging: Hanging) -> None:
    """Allow no new requests and answer the present ones, for which the dispatcher waits."""
    async with deps.database.connection() as connection:
        await connection.execute(
            "UPDATE endpoints SET disabled_at = now(), disabled_reason = 'owner'"
        )
    hanging.ended.set()
