"""The way of an event through outbox, broker and consumer is in the trace of its request."""

from typing import Any

import pytest

from linktime_common import logs, request_ids, tracing
from linktime_common.messaging import outbox
from linktime_common.messaging.applying import BatchHandler, IncomingEvent, apply_new
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.relay import Relay
from linktime_common.postgres import Connection, Database
from linktime_common.tracing import SpanKind, recorder
from linktime_local.testing.collectors import collecting, recording, send_recorded
from linktime_local.testing.waiting import eventually

from .notes import Copied, Noted, Readers, effects, event, note_effect, running, write


async def write_in_traces(database: Database, count: int) -> list[str]:
    """Put an event of each of several traces into the outbox; return the steps that wrote them."""
    steps = []
    async with database.transaction() as connection:
        for number in range(count):
            with tracing.continuing(None, f"request {number}", SpanKind.SERVER):
                steps.append(logs.traceparent.get() or "")
                await outbox.add(connection, event(Noted, number))
    return steps


async def test_an_event_is_sent_and_processed_in_the_trace_of_its_request(
    database: Database, link: BrokerLink, readers: Readers
) -> None:
    """Each step within the one before; a handler's own events are in it, too."""

    async def pass_on(connection: Connection, noted: Any) -> None:
        await outbox.add(connection, event(Copied, noted.number))

    async with recording() as collector:
        consumer = readers.consumer(pass_on)
        (began,) = await write_in_traces(database, 1)
        async with running(Relay(database, link).run, consumer.run):
            await eventually(lambda: collector.named("send note.copied.v1"), within=20)
        await send_recorded()
    spans = {span.name: span for span in collector.spans}
    sent, processed, passed_on = (
        spans[name]
        for name in ("send note.taken.v1", "process note.taken.v1", "send note.copied.v1")
    )
    assert [span.kind for span in (sent, processed, passed_on)] == [
        "producer",
        "consumer",
        "producer",
    ]
    assert {span.trace for span in collector.spans} == {began.split("-")[1]}
    assert [span.parent for span in (sent, processed, passed_on)] == [
        began.split("-")[2],
        sent.id,
        processed.id,
    ]
    assert sent.attributes["messaging.message.id"] == processed.attributes["messaging.message.id"]


async def test_a_batch_has_a_trace_that_is_linked_to_those_of_its_events(
    database: Database, link: BrokerLink
) -> None:
    """Each event is processed in its own one, and the handler of a batch gets its context."""
    contexts: list[str] = []

    async def note_all(connection: Connection, events: Any) -> None:
        contexts.extend(one.traceparent for one in events)
        for one in events:
            await note_effect(connection, one)

    async with recording() as collector:
        steps = await write_in_traces(database, 3)
        async with running(Relay(database, link).run):
            await eventually(lambda: collector.named("send note.taken.v1")[2:], within=20)
        consumer = Consumer("reader", database, link, {Noted: BatchHandler(note_all)})
        async with running(consumer.run):
            await eventually(lambda: len(contexts) == 3, within=20)
        await send_recorded()
    processed = collector.named("process note.taken.v1")
    traces = [step.split("-")[1] for step in steps]
    assert sorted(span.trace for span in processed) == sorted(traces)
    assert sorted(contexts) == sorted(f"00-{one.trace}-{one.id}-03" for one in processed)
    batches = collector.named("process reader")
    linked = [trace for batch in batches for trace in batch.links]
    assert sorted(linked) == sorted(one.trace for one in processed if one.links)
    assert all(batch.parent == "" for batch in batches)
    assert {trace for one in processed for trace in one.links} == {one.trace for one in batches}


async def test_a_batch_of_several_requests_has_no_current_one(database: Database) -> None:
    """Nor that of an earlier message; a single event has its own."""
    found: list[tuple[str | None, str | None]] = []

    async def look(_connection: Connection, _events: Any) -> None:
        found.append((logs.traceparent.get(), request_ids.current.get()))

    traces = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2)]
    taken = [
        IncomingEvent(
            event(Noted, number).model_copy(
                update={"traceparent": trace, "request_id": f"req-{number}"}
            ),
            BatchHandler(look),
        )
        for number, trace in enumerate(traces)
    ]
    logs.begin_trace(None)
    request_ids.begin_request("earlier")
    async with database.transaction() as connection:
        await apply_new(connection, "reader", taken[:1])
        await apply_new(connection, "other", taken)
    assert found == [(traces[0], "req-0"), (None, None)]


async def test_no_event_waits_for_the_collector(
    database: Database, link: BrokerLink, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are processed while it does not answer."""
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "32")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8")
    monkeypatch.setattr(recorder, "STOP_SECONDS", 0.1)
    async with collecting(answers=False) as silent:
        tracing.configure("probe", silent.url)
        async with running(Relay(database, link).run, readers.consumer(note_effect).run):
            await write(database, Noted, range(100))
            await eventually(lambda: effects_are(database, 100), within=20)
        assert silent.spans == []
        await send_recorded()


async def effects_are(database: Database, count: int) -> bool:
    return await effects(database) == (count, count)
