"""The trace id in log lines."""

import io
import json
import logging
from contextvars import copy_context
from threading import Thread

from linktime_common import logs

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
INCOMING = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def test_every_line_of_a_request_has_its_trace_id(written: io.StringIO) -> None:
    """Our lines and a library's; a line outside of any request has none."""

    def request() -> None:
        logs.begin_trace(INCOMING)
        logs.logger().info("ours")
        logging.getLogger("library").warning("a library's")

    def outside() -> None:
        logs.traceparent.set(None)
        logs.logger().info("outside")

    copy_context().run(request)
    copy_context().run(outside)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["event"], line.get("trace_id")) for line in lines] == [
        ("ours", TRACE_ID),
        ("a library's", TRACE_ID),
        ("outside", None),
    ]
    assert {line["service"] for line in lines} == {"probe"}


def test_a_line_of_a_librarys_thread_has_the_service(written: io.StringIO) -> None:
    """Such threads have no context variables."""
    thread = Thread(target=logging.getLogger("library").warning, args=["in a thread"])
    thread.start()
    thread.join()
    line = json.loads(written.getvalue())
    assert (line["event"], line["service"]) == ("in a thread", "probe")
