"""The only place that builds this service's parts, and closes them."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from linktime_common.clock import SystemClock
from linktime_common.idempotency import keep_pruning
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.notifier import Notifier
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.postgres import connect
from linktime_common.process import Parts, Role, Service
from linktime_common.supervision import SupervisedTask, supervised
from linktime_scim.api import scim
from linktime_scim.api.errors import STATUSES
from linktime_scim.api.routes import INTERNAL, PUBLIC
from linktime_scim.deps import DEPS, Deps
from linktime_scim.invitation_sweeper import sweep_invitations_always
from linktime_scim.member_refresher import refresh_members_always
from linktime_scim.settings import ScimSettings

NAME = "scim"


@contextlib.asynccontextmanager
async def assemble(settings: ScimSettings, role: Role) -> AsyncIterator[Parts]:
    """Pool; where the role works: broker link, relay, refresher; else what wakes the relays."""
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(settings.postgres_dsn.get_secret_value(), application_name=NAME)
        stack.push_async_callback(database.close)
        deps = Deps(
            database,
            SystemClock(),
            settings.default_plan,
            str(settings.public_url).rstrip("/"),
            settings.plan_changes,
        )
        parts = Parts(
            public_routes=[*PUBLIC, *scim.ROUTES],
            internal_routes=INTERNAL,
            statuses=STATUSES,
            state={DEPS: deps},
            ready={"database": database.is_reachable},
        )
        if not role.works:
            # No relay runs here, so those of other processes are woken.
            notifier = SupervisedTask("notifier", Notifier(database).run)
            await stack.enter_async_context(supervised(notifier))
            yield parts
            return
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=NAME,
            topology=Topology(settings.broker_prefix),
        )
        stack.push_async_callback(link.close)
        yield replace(
            parts,
            workers=[
                Relay(database, link).run,
                partial(refresh_members_always, deps),
                partial(sweep_invitations_always, deps),
                partial(keep_pruning, database),
            ],
            ready={**parts.ready, "broker": link.is_ready},
        )


SERVICE = Service(
    name=NAME,
    settings=ScimSettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_scim")),
    assemble=assemble,
)
