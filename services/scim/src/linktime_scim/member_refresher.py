"""The job that walks over members of changed organizations; any number of processes may run it."""

from typing import NoReturn

from linktime_common.endless import repeat
from linktime_scim.deps import Deps
from linktime_scim.use_cases.refresh_members import refresh_members

POLL_SECONDS = 1.0


async def refresh_members_always(deps: Deps) -> NoReturn:
    """Look for walks to go on with until cancelled; a database outage is waited out."""

    async def walk() -> None:
        while await refresh_members(deps):
            pass

    await repeat("telling members", walk, after_seconds=POLL_SECONDS)
