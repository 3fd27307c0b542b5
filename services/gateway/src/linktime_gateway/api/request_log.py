"""Measures every request of the public port, and logs those that fail.

Responses below 400 are logged at debug level only, as services log their own; refusals are logged
by `RefusalLog`; metrics count all.
"""

import logging
import time
from http import HTTPStatus
from typing import Final

from prometheus_client import Histogram

from linktime_common import logs
from linktime_common.tracing import TraceStep
from linktime_gateway.domain.limits import Visitor
from linktime_gateway.domain.route_table import Forward
from linktime_gateway.use_cases.refusal_log import RefusalLog

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
        # Without a route the method is arbitrary text.
        names = (method if route else "(any)", path, status)
        duration = self._durations.get(names)
        if duration is None:
            duration = self._durations[names] = _DURATION.labels(*names)
        duration.observe(seconds)
        step.serve(*names)
        if status < BAD_REQUEST and not self._logs_all:
            return
        is_counted = _is_refusal(status, route)
        if is_counted:
            reason = BY_SERVICE if route else HTTPStatus(status).name.lower()
            self._refusals.note(visitor, status, error, names[0], route, reason=reason)
        log = self._log.debug if is_counted or status < BAD_REQUEST else self._log.info
        log(
            "request",
            method=names[0],
            route=path,
            status=status,
            milliseconds=round(seconds * 1000, 2),
        )


def _is_refusal(status: int, route: Forward | None) -> bool:
    """Whether a response is a refusal: also of what no route takes, which anybody can send."""
    return status in REFUSALS or (route is None and BAD_REQUEST <= status < INTERNAL_ERROR)
