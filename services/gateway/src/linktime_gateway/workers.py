"""Background tasks and their intervals."""

import contextlib
from functools import partial

from linktime_common.endless import periodic, repeat
from linktime_common.errors import Unavailable
from linktime_common.supervision import SupervisedTask
from linktime_gateway.deps import Deps
from linktime_gateway.store.changes import ChangeListener
from linktime_gateway.store.last_uses import LastUses
from linktime_gateway.use_cases.clear_out import clear_out
from linktime_gateway.use_cases.publish_account_mails import publish_account_mails
from linktime_gateway.use_cases.refusal_log import RefusalLog

CLEAR_SECONDS = 600.0
FLUSH_SECONDS = 3.0
MAIL_SECONDS = 1.0
REPORT_SECONDS = 60.0


def workers(deps: Deps) -> list[SupervisedTask]:
    """Return the tasks of the work role; any number of processes may run them."""
    clear = partial(clear_out, deps)
    publish = partial(publish_account_mails, deps)
    return [
        periodic("session sweeper", clear, every_seconds=CLEAR_SECONDS),
        periodic("account mail publisher", publish, every_seconds=MAIL_SECONDS),
    ]


def in_every_role(deps: Deps, refusals: RefusalLog) -> list[SupervisedTask]:
    """Return the tasks of every process: it caches credentials, records their use and refuses."""
    caches = (deps.key_cache, deps.session_cache, deps.scim_token_cache)
    listener = ChangeListener(deps.database, *caches)
    return [
        SupervisedTask("credential change listener", listener.run),
        SupervisedTask("last use writer", partial(_keep_writing, deps.last_uses)),
        SupervisedTask("refusal log", partial(_keep_reporting, refusals)),
    ]


async def _keep_writing(last_uses: LastUses) -> None:
    try:
        await repeat("last use writer", last_uses.flush, after_seconds=FLUSH_SECONDS)
    finally:
        # Write uses recorded since the last flush, if the database is available.
        with contextlib.suppress(Unavailable):
            await last_uses.flush()


async def _keep_reporting(refusals: RefusalLog) -> None:
    try:
        await repeat("refusal log", refusals.report, after_seconds=REPORT_SECONDS)
    finally:
        await refusals.report()
