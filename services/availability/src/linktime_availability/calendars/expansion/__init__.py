"""Busy time of calendar objects, read and expanded in a limited child process.

`python -m linktime_availability.calendars.expansion` is the child.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from linktime_availability.calendars.expansion.results import (
    BusyRules,
    Expansion,
    ExpansionLimits,
    RefusalReason,
    Refused,
)

if TYPE_CHECKING:
    from linktime_availability.calendars.expansion.child import StartChild

__all__ = ["BusyRules", "Expansion", "ExpansionLimits", "RefusalReason", "Refused", "expand"]

_LIMITS = ExpansionLimits()


async def expand(
    objects: Sequence[bytes],
    rules: BusyRules,
    since: int,
    until: int,
    limits: ExpansionLimits = _LIMITS,
    *,
    start: "StartChild | None" = None,
) -> list[Expansion]:
    """Return the busy time of each object of one calendar, in their order.

    Starts one child process, and another one after each object that has to be stopped. Raises
    `ExpansionFailed` if that is not possible.
    """
    # The child imports this package too; asyncio would be a third of its start.
    from linktime_availability.calendars.expansion.batch import run  # noqa: PLC0415
    from linktime_availability.calendars.expansion.child import start_child  # noqa: PLC0415

    return await run(objects, rules, since, until, limits, start=start or start_child)
