"""Logs refusals: the first of a kind with all that is known, and how many followed in a period."""

from linktime_common import logs
from linktime_common.errors import Refusal
from linktime_gateway.domain.limits import Visitor
from linktime_gateway.domain.refusals import RefusalCounts, RefusalKind
from linktime_gateway.domain.route_table import Forward


class RefusalLog:
    """The refusals of one process."""

    def __init__(self) -> None:
        self._counts = RefusalCounts()

    def note(
        self,
        visitor: Visitor,
        status: int,
        error: BaseException | None,
        method: str,
        route: Forward | None,
        *,
        reason: str,
    ) -> None:
        """Log the refusal if it is the first of its kind in this period, else count it.

        `reason` applies if `error` is no Refusal.
        """
        facts = visitor.ids()
        if isinstance(error, Refusal):
            reason = error.code
            facts |= logs.loggable(error.facts)
        ids = tuple((name, str(value)) for name, value in facts.items())
        if self._counts.is_first(RefusalKind(visitor.address, status, reason, ids)):
            logs.logger().info(
                "refused",
                client=visitor.address,
                status=status,
                reason=reason,
                error=error,
                method=method,
                route=route.path if route else None,
                forwards_to=route.service if route else None,
                **facts,
            )

    async def report(self) -> None:
        """Log the counts of the period that ends now."""
        again, others = self._counts.take()
        for kind, count in again.items():
            logs.logger().info(
                "refused again",
                client=kind.client,
                status=kind.status,
                reason=kind.reason,
                count=count,
                **dict(kind.ids),
            )
        if others:
            logs.logger().info("refused, of further clients or reasons", count=others)
