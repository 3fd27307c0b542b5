"""Every method and path of this service."""

from linktime_common.http.operations import DescribedHandler
from linktime_common.http.routes import Route, route, session
from linktime_common.identity import CallerKind
from linktime_webhooks.api import deliveries, replays, secrets, subscriptions, webhooks

# Below an owner's webhooks; the owner is signed in or named by the operator.
_OF_OWNER: list[tuple[str, str, DescribedHandler]] = [
    ("GET", "", webhooks.list_webhooks),
    ("POST", "", subscriptions.post_webhook),
    ("GET", "/{id}", webhooks.get_webhook),
    ("PATCH", "/{id}", subscriptions.patch_webhook),
    ("DELETE", "/{id}", webhooks.delete_webhook),
    ("GET", "/{id}/secrets", secrets.list_secrets),
    ("POST", "/{id}/secrets/rotate", secrets.post_rotation),
    ("GET", "/{id}/deliveries", deliveries.list_deliveries),
    ("GET", "/{id}/deliveries/{delivery_id}", deliveries.get_delivery),
    ("POST", "/{id}/deliveries/{delivery_id}/replay", replays.post_replay),
    ("POST", "/{id}/replay", replays.post_replays),
    ("GET", "/{id}/replays/{replay_id}", replays.get_replay),
    ("POST", "/{id}/test", deliveries.post_test),
]

PUBLIC: list[Route] = [
    session(method, f"/webhooks{path}", handler) for method, path, handler in _OF_OWNER
]

INTERNAL: list[Route] = [
    route(method, f"/internal/users/{{user_id}}/endpoints{path}", handler, CallerKind.OPERATOR)
    for method, path, handler in _OF_OWNER
]
