"""Measures every request of the public port, and logs those that fail.

Responses below 400 are logged at debug level only, as services log their own; metrics count all.
What anybody can send without a limit is logged by `RefusalLog`, so that nobody can fill the disk.
"""

import logging
import time
from typing import Final

from prometheus_client import Histogram

from linktime_common import logs
from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.http.errors import CODES
from linktime_common.tracing import TraceStep
from linktime_gateway.domain.limits import Visitor
from linktime_gateway.domain.route_table import Forward
from linktime_gateway.use_cases.refusal_log import RefusalLog

ANY_METHOD = "(any)"  # without a route the method is arbitrary text
BAD_REQUEST: Final = 400
INTERNAL_ERROR: Final = 500
REFUSALS: Final = frozenset({401, 403, 429})
BY_SERVICE = "refused_by_service"
"""The reason of a service's answer; the service logs its own under the same request id."""

_DURATION = Histogram(
    "linktime_gateway_request_seconds", "Time to answer the public", ["method", "route", "status"]
)


class RequestLog:
    """The measurements and log lines of one process."""

    def __init__(self, refusals: RefusalLog) -> None:
        self._refusals = refusals
        # Cached, because binding a logger and looking up metric labels is slow.
        self._log = logs.logger().bind()
        self._durations: dict[tuple[str, str, int], Histogram] = {}
        self._logs_all = self._log.is_enabled_for(logging.DEBUG)

    def record(
        self,
        step: TraceStep,
        method: str,
        route: Forward | None,
        status: int,
        *,
        began: float,
        visitor: Visitor,
        error: Exception | None,
    ) -> None:
        """Measure a request that began at this time of `perf_counter`, log it and name its step."""
        seconds = time.perf_counter() - began
        path = route.path if route else "(none)"
        names = (method if route else ANY_METHOD, path, status)
        duration = self._durations.get(names)
        if duration is None:
            duration = self._durations[names] = _DURATION.labels(*names)
        duration.observe(seconds)
        step.serve(*names)
        if status < BAD_REQUEST and not self._logs_all:
            return
        is_own = route is None or error is not None
        is_counted = status in REFUSALS or (is_own and BAD_REQUEST <= status < INTERNAL_ERROR)
        if is_counted:
            reason = _code_of(status) if is_own else BY_SERVICE
            self._refusals.note(visitor, status, error, names[0], route, reason=reason)
        log = self._log.debug if is_counted or status < BAD_REQUEST else self._log.info
        log(
            "request",
            method=names[0],
            route=path,
            status=status,
            milliseconds=round(seconds * 1000, 2),
        )

    def record_malformed(self, client: str, status: int, error: BaseException | None) -> None:
        """Log or count a request of which only the client is known."""
        reason = ErrorCode.MALFORMED_REQUEST if status == BAD_REQUEST else _code_of(status)
        self._refusals.note(Visitor(client), status, error, ANY_METHOD, None, reason=reason)


def _code_of(status: int) -> str:
    return CODES.get(status, ErrorCode.REQUEST_REFUSED)
