"""Event handlers of this service."""

from collections.abc import Mapping

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.scim import (
    UserCreated,
    UserDeactivated,
    UserDeleted,
    UserUpdated,
)
from linktime_common.messaging.applying import Handler
from linktime_common.user_deletion import unless_deleted
from linktime_gateway.use_cases.delete_account import on_account_deleted
from linktime_gateway.use_cases.update_account import on_user_created, on_user_event

HANDLERS: Mapping[type[Event], Handler] = {
    UserCreated: unless_deleted(on_user_created),
    UserUpdated: on_user_event,
    UserDeactivated: on_user_event,
    UserDeleted: on_account_deleted,
}
