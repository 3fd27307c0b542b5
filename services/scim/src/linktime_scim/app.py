"""Builds this service's parts."""

from linktime_common.clock import SystemClock
from linktime_common.service import Declaration, OwnParts, Runtime
from linktime_scim.api import scim
from linktime_scim.api.errors import STATUSES
from linktime_scim.api.routes import INTERNAL, PUBLIC
from linktime_scim.deps import DEPS, Deps
from linktime_scim.settings import ScimSettings
from linktime_scim.use_cases.delete_user import deleted_with_account
from linktime_scim.use_cases.inventory import KINDS
from linktime_scim.workers import workers


async def build(runtime: Runtime[ScimSettings]) -> OwnParts[Deps]:
    """Build the dependencies of use cases and the jobs; this service consumes no events."""
    settings = runtime.settings
    deps = Deps(
        database=runtime.database,
        clock=SystemClock(),
        default_plan=settings.default_plan,
        public_url=str(settings.public_url).rstrip("/"),
        plan_changes=settings.plan_changes,
    )
    return OwnParts(deps, delete_user=deleted_with_account, workers=workers(deps))


SERVICE = Declaration(
    name="scim",
    settings=ScimSettings,
    public_routes=[*PUBLIC, *scim.ROUTES],
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    inventory=KINDS,
).service()
