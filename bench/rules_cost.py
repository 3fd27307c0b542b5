"""The processor time of slots and bookings, compared with the version before several rules.

`python -m bench.rules_cost [COMMIT]`: two stacks are measured alternately, as in `bench.cost`,
first with the settings of new accounts, then with an own schedule, time off and public holidays in
this version. Exits with 1 when a ratio is above the goal.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bench.cost import Side, lines_by_kind, ratio, rows_by_kind, sides, take_turns
from bench.cost_trees import KINDS
from bench.slots import Row

from linktime_operator.operations import scheduling

BEFORE = "981a4d43"
"""The last version without time off, holidays, several schedules and weekly limits."""

GOAL = 1.05
LISTS_EACH = 50
DAYS = 30
ROWS_OF_ONE = 2 * len(KINDS) + 3
OFF_DAYS = 400  # from now: outside of what is listed, so that both versions list the same
OK = 200
UNCOMPRESSED = {"Accept-Encoding": "identity"}  # the older version does not compress
OWN_SCHEDULE = """
    WITH made AS (
        INSERT INTO other_schedules (id, host_id, name, timezone, weekly, overrides)
        SELECT gen_random_uuid(), host_id, 'Own', timezone, weekly, '{}'
          FROM schedules
     RETURNING id, host_id
    )
    UPDATE event_types t
       SET schedule_id = made.id
      FROM made
     WHERE made.host_id = t.host_id
"""


async def run(commit: str = BEFORE) -> list[Row]:
    """Return milliseconds for a list and for a booking before and now, and the ratios."""
    async with sides(commit) as (before, now):
        rows = await _compare(before, now, "")
        await _use_rules(now)
        return rows + await _compare(before, now, ", with an own schedule, time off, holidays")


async def _compare(before: Side, now: Side, how: str) -> list[Row]:
    rows = []
    for what, work in (("a list of slots", _list_slots), ("a booking", Side.book)):
        rounds = await take_turns(before, now, work)
        rows += rows_by_kind(f"{what}{how}", *rounds)
        rows.append(Row(f"{what}{how}: now to before (aim: {GOAL})", ratio(*rounds), ""))
    return rows


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Return a table of each comparison, one line for each kind of process."""
    for first in range(0, len(rows), ROWS_OF_ONE):
        compared = rows[first : first + ROWS_OF_ONE]
        yield f"{compared[0].what.partition(':')[0]}, milliseconds"
        yield f"{'of processor time':<24}{'before':>9}{'now':>9}{'ratio':>9}"
        yield from lines_by_kind([row.value for row in compared])


async def _list_slots(side: Side) -> int:
    """List a month, with every client at the same time."""
    first = (datetime.now(UTC) + timedelta(days=1)).date()
    query = f"timezone=UTC&startDate={first}&endDate={first + timedelta(days=DAYS)}"

    async def ask(number: int) -> None:
        host, _ = side.hosts[number]
        for _ in range(LISTS_EACH):
            path = f"/api/v1/availability/{host.event_type}?{query}"
            answer = await host.call("GET", path, headers=UNCOMPRESSED)
            if answer.status != OK:
                raise SystemExit(f"A list was answered {answer.status}: {answer.body}")

    await asyncio.gather(*map(ask, range(len(side.hosts))))
    return LISTS_EACH * len(side.hosts)


async def _use_rules(side: Side) -> None:
    """Give the hosts what makes a list read more; on the days that are listed all is free."""
    day = str((datetime.now(UTC) + timedelta(days=OFF_DAYS)).date())
    for host, _ in side.hosts:
        clients = host.stack.clients
        await scheduling.add_time_off(clients, host.email, since=day, until=day, name="Off")
        holidays = await scheduling.set_holidays(clients, host.email, {"country": "DE"})
        names = {one["name"] for one in holidays["days"]}
        body = {"country": "DE", "disabled": sorted(names)}
        await scheduling.set_holidays(clients, host.email, body)
    await side.databases["availability"].execute(OWN_SCHEDULE)


def main() -> None:
    rows = asyncio.run(run(*sys.argv[1:2]))
    print("\n".join(table(rows)))
    if any(row.value > GOAL for row in rows if not row.unit):
        raise SystemExit(f"A ratio is above {GOAL}.")


if __name__ == "__main__":
    main()
