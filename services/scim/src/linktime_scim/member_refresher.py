"""The job that walks over members of changed organizations."""

import asyncio

from linktime_common import logs
from linktime_common.errors import Unavailable
from linktime_common.postgres import CONNECTION_LOST
from linktime_scim.deps import Deps
from linktime_scim.use_cases.refresh_members import refresh_members

POLL_SECONDS = 1.0


class MemberRefresher:
    """Looks for walks to go on with; any number of processes may."""

    def __init__(self, deps: Deps, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._deps = deps
        self._poll_seconds = poll_seconds

    async def run(self) -> None:
        """Work until cancelled; a database outage is waited out."""
        while True:
            try:
                found = await refresh_members(self._deps)
            except (Unavailable, *CONNECTION_LOST) as error:
                logs.logger().warning("members not told yet", error=repr(error))
                found = False
            if not found:
                await asyncio.sleep(self._poll_seconds)
