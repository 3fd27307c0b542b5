"""`make bench`: measure on this machine and print medians; `--json` prints JSON.

Starts a temporary stack, then smaller ones for webhooks. Nothing passes or fails: the goals are
printed with the figures, and `docs/performance.md` has measured ones.
"""

import asyncio
import json
import os
import platform
import sys
from pathlib import Path

from bench import (
    calendars,
    cost,
    crowd,
    expansion,
    gateway,
    lists,
    mail,
    main_path,
    pages,
    polls,
    rules_cost,
    scim,
    slots,
    webhooks,
)
from bench.programs import need
from bench.stack import bench_stack, show

AIMS = """Through the services (aims: slots and pages under 5 ms p50, webhook under 50 ms p50;
userName eq under 5 ms p50, 100 of 100,000 members under 40 ms; the gateway at least 0.15 of nginx
and 0.6 of fastify, less than 3 ms added to p99 at half load)"""

PAGE_AIMS = """The booking page (aims: clickable under 400 ms p50, under 1,200 slowed four times;
a turned month is one request and under 100 ms p50; no layout shift; 400 pages a second; a crowd on
one page does not delay other hosts)"""


def describe_machine() -> str:
    """Return processor, cores, kernel and Python in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


async def through_services() -> list[slots.Row]:
    """Run the measurements that need a running stack."""
    # First and alone: after the lists, PostgreSQL is still writing a gigabyte to disk.
    async with bench_stack() as stack:
        rows = await gateway.run(stack)
    async with bench_stack() as stack:
        parts = (main_path, crowd, scim, lists)
        return [row for part in parts for row in await part.run(stack)] + rows


async def through_pages() -> list[slots.Row]:
    """Run the measurement of pages, which makes many hosts."""
    async with bench_stack() as stack:
        return await pages.run(stack)


def main() -> None:
    need(*gateway.PROGRAMS, *pages.PROGRAMS)
    machine = describe_machine()
    found = slots.run()
    expanded = expansion.run()
    if "--json" not in sys.argv:
        print(machine)
        print("Pure function (aim: 100 busy intervals under 300 µs)")
        show(found)
        print("Busy time of calendars (aim: 60 days of 2,000 events under 150 ms)")
        show(expanded)
        print("Starting a stack …", flush=True)
    over_http = asyncio.run(through_services())
    on_pages = asyncio.run(through_pages())
    at_calendars = [*asyncio.run(calendars.run()), *asyncio.run(polls.run())]
    dispatched = asyncio.run(webhooks.run())
    mailed = asyncio.run(mail.run())
    compared = asyncio.run(cost.run())
    ruled = asyncio.run(rules_cost.run())
    if "--json" in sys.argv:
        found += [*expanded, *over_http, *on_pages, *at_calendars, *dispatched, *mailed]
        rows = [row._asdict() for row in (*found, *compared, *ruled)]
        print(json.dumps({"machine": machine, "rows": rows}, ensure_ascii=False, indent=2))
    else:
        print(AIMS)
        show(over_http)
        print(PAGE_AIMS)
        show(on_pages)
        print("Calendars (aims: no change under 200 ms, one change under 300 ms; 1,000 hosts")
        print("polled every five minutes under 10 % of a core)")
        show(at_calendars)
        print(
            "Webhook dispatch (aims: 2,000/s for a minute and 0.6 of a bare client; 300/s over new"
        )
        print("TLS; p50 under 60 ms, p99 under 250 ms; 1,000 endpoints in 3 s; others under 1 s)")
        show(dispatched)
        print("Mail (aim: 100/s through one worker)")
        show(mailed)
        print(f"A booking's processor time beside {cost.BEFORE} (aim: {cost.GOAL} of it)")
        print("\n".join(cost.table(compared)))
        print(f"Processor time beside {rules_cost.BEFORE} (aim: {rules_cost.GOAL} of it)")
        print("\n".join(rules_cost.table(ruled)))


if __name__ == "__main__":
    main()
