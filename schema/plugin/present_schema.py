"""A pytest plugin for the tests of an older release: their databases have the present schema.

Test processes import the older release's code, so the present migrations and their runner have a
process of their own, once for each template of databases.
"""

import asyncio
import os
import sys
from typing import Any

from linktime_common import migrate as older

SECONDS = 300.0
_migrate_older = older.migrate


async def _migrate(dsn: str, *sources: Any) -> list[str]:
    if any(type(source).__module__ != older.__name__ for source in sources):
        # A test of an old migration asks for the schema before it.
        return await _migrate_older(dsn, *sources)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schema", "apply", *(source.name for source in sources)),
        cwd=os.environ["LINKTIME_SCHEMA_TREE"],
        env=environment | {"LINKTIME_SCHEMA_DSN": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS):
        output, _none = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"The present migrations failed: {output.decode()}")
    return []


older.migrate = _migrate
