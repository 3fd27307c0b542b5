"""The handler of each consumed event."""

from collections.abc import Mapping

from linktime_bookings.store import deprovisionings, notices
from linktime_bookings.store.deprovisionings import Deprovisioning
from linktime_common.contracts.events import Event
from linktime_common.contracts.events.scim import MemberDeprovisioned
from linktime_common.contracts.events.webhooks import NoticeRequested
from linktime_common.messaging.applying import Handler
from linktime_common.postgres import Connection


async def on_member_deprovisioned(connection: Connection, event: MemberDeprovisioned) -> None:
    """Store a job, since cancelling may concern thousands of bookings."""
    await deprovisionings.add(
        connection,
        Deprovisioning(
            membership_id=event.aggregate_id,
            host_id=event.user_id,
            created_before=event.occurred_at,
        ),
    )


HANDLERS: Mapping[type[Event], Handler] = {
    MemberDeprovisioned: on_member_deprovisioned,
    NoticeRequested: notices.add,
}
