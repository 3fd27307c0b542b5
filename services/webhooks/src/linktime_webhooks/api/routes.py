"""Every method and path of this service."""

from linktime_common.http.operations import Operation
from linktime_common.http.routes import Handler, Route
from linktime_common.identity import Door
from linktime_webhooks.api import dashboard, deliveries, log_operations, operations, secrets

# Method, path below the owner's webhooks, handler, and what it says of itself.
_WEBHOOKS: list[tuple[str, str, Handler, Operation]] = [
    ("GET", "", dashboard.list_webhooks, operations.LIST_WEBHOOKS),
    ("POST", "", dashboard.post_webhook, operations.CREATE_WEBHOOK),
    ("GET", "/{id}", dashboard.get_webhook, operations.GET_WEBHOOK),
    ("PATCH", "/{id}", dashboard.patch_webhook, operations.CHANGE_WEBHOOK),
    ("DELETE", "/{id}", dashboard.delete_webhook, operations.DELETE_WEBHOOK),
    ("GET", "/{id}/secrets", secrets.list_secrets, operations.LIST_SECRETS),
    ("POST", "/{id}/secrets/rotate", secrets.post_rotation, operations.ROTATE_SECRET),
    ("GET", "/{id}/deliveries", deliveries.list_deliveries, log_operations.LIST_DELIVERIES),
    (
        "GET",
        "/{id}/deliveries/{delivery_id}",
        deliveries.get_delivery,
        log_operations.GET_DELIVERY,
    ),
    (
        "POST",
        "/{id}/deliveries/{delivery_id}/replay",
        deliveries.post_replay,
        log_operations.REPLAY_DELIVERY,
    ),
    ("POST", "/{id}/replay", deliveries.post_replays, log_operations.REPLAY_MISSED),
    ("GET", "/{id}/replays/{replay_id}", deliveries.get_replay, log_operations.GET_REPLAY),
    ("POST", "/{id}/test", deliveries.post_test, log_operations.SEND_TEST),
]

PUBLIC: list[Route] = [
    Route(
        method,
        f"/dashboard/api/webhooks{path}",
        handler,
        frozenset({Door.SESSION}),
        operation=operation,
    )
    for method, path, handler, operation in _WEBHOOKS
]

# The same in the owner's name, for the operator's command.
INTERNAL: list[Route] = [
    Route(
        method, f"/internal/users/{{user_id}}/endpoints{path}", handler, frozenset({Door.OPERATOR})
    )
    for method, path, handler, _operation in _WEBHOOKS
]
