"""The steps of traces that receive events, for each event in the trace of its request."""

import contextlib
from collections.abc import Iterator, Sequence

from linktime_common import logs, tracing
from linktime_common.messaging.applying import IncomingEvent
from linktime_common.tracing import SpanKind

SYSTEM = {"messaging.system": "rabbitmq"}


@contextlib.contextmanager
def processing(consumer: str, taken: Sequence[IncomingEvent]) -> Iterator[Sequence[IncomingEvent]]:
    """Yield the events with their steps, which last as long as the block, as traces.

    Several events are processed in one transaction. It has a trace of its own, and links lead from
    it to the events and back.
    """
    if not tracing.is_recording():
        yield taken
        return
    about = SYSTEM | {"messaging.consumer.group.name": consumer}
    with contextlib.ExitStack() as steps:
        batch: list[str] = []
        if len(taken) > 1:
            links = [trace for one in taken if (trace := one.event.traceparent)]
            whole = tracing.continuing(None, f"process {consumer}", SpanKind.CONSUMER, about, links)
            steps.enter_context(whole).set("messaging.batch.message_count", len(taken))
            batch = [logs.traceparent.get() or ""]
        yield [_begun(one, about, batch, steps) for one in taken]


def _begun(
    one: IncomingEvent, about: dict[str, str], batch: list[str], steps: contextlib.ExitStack
) -> IncomingEvent:
    event = one.event
    step = tracing.continuing(
        event.traceparent,
        f"process {event.routing_key()}",
        SpanKind.CONSUMER,
        about | {"messaging.message.id": str(event.event_id)},
        batch,
    )
    steps.enter_context(step)
    traced = event.model_copy(update={"traceparent": logs.traceparent.get()})
    return one._replace(event=traced)
