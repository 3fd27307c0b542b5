"""The booking page: load on it, and a visitor's browser.

`python -m bench.pages` runs it alone; it needs wrk and Chromium.
"""

import aiohttp
from bench import page_load, page_visits
from bench.programs import need
from bench.slots import Row
from bench.stack import measure_alone
from tests.web.visitor import running_browser
from tools import web

from linktime_operator.stack.stack import Stack

PROGRAMS = ("wrk",)


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        pages = await page_load.prepare(stack, session)
        async with running_browser(stack.state) as browser:
            visits = await page_visits.run(browser, pages)
        return visits + await page_load.run(stack, session, pages)


if __name__ == "__main__":
    need(*PROGRAMS)
    web.build()
    measure_alone(run)
