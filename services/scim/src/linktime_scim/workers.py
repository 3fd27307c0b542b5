"""The background jobs of this service; any number of processes may run them."""

from functools import partial

from linktime_common.endless import periodic
from linktime_common.supervision import SupervisedTask
from linktime_scim.deps import Deps
from linktime_scim.use_cases.refresh_members import refresh_all_members
from linktime_scim.use_cases.sweep_invitations import sweep_invitations
from linktime_scim.use_cases.sweep_usernames import sweep_usernames

REFRESH_SECONDS = 1.0
SWEEP_SECONDS = 600.0


def workers(deps: Deps) -> list[SupervisedTask]:
    """Return the jobs; what they sweep is invalid even before it is deleted."""
    refresh, sweep = partial(refresh_all_members, deps), partial(sweep_invitations, deps)
    return [
        periodic("member refresh", refresh, every_seconds=REFRESH_SECONDS),
        periodic("invitation sweeper", sweep, every_seconds=SWEEP_SECONDS),
        periodic("username sweeper", partial(sweep_usernames, deps), every_seconds=SWEEP_SECONDS),
    ]
