"""The booking page: load on it, and a visitor's browser.

`python -m bench.pages` runs it alone; it needs wrk and Chromium.
"""

import aiohttp
from bench import page_load
from bench.programs import need
from bench.slots import Row
from bench.stack import measure_alone

from linktime_operator.stack.stack import Stack

PROGRAMS = ("wrk",)


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        return await page_load.run(stack, session)


if __name__ == "__main__":
    need(*PROGRAMS)
    measure_alone(run)
