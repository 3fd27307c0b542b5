"""Every method and path of this service."""

from linktime_common.http.routes import Route, delete, get, patch, post
from linktime_common.identity import Door
from linktime_webhooks.api import dashboard, endpoints, operations

PUBLIC: list[Route] = [
    get(
        "/dashboard/api/webhooks",
        dashboard.list_webhooks,
        Door.SESSION,
        operation=operations.LIST_WEBHOOKS,
    ),
    post(
        "/dashboard/api/webhooks",
        dashboard.post_webhook,
        Door.SESSION,
        operation=operations.CREATE_WEBHOOK,
    ),
    get(
        "/dashboard/api/webhooks/{id}",
        dashboard.get_webhook,
        Door.SESSION,
        operation=operations.GET_WEBHOOK,
    ),
    patch(
        "/dashboard/api/webhooks/{id}",
        dashboard.patch_webhook,
        Door.SESSION,
        operation=operations.CHANGE_WEBHOOK,
    ),
    delete(
        "/dashboard/api/webhooks/{id}",
        dashboard.delete_webhook,
        Door.SESSION,
        operation=operations.DELETE_WEBHOOK,
    ),
]

INTERNAL: list[Route] = [
    post("/internal/users/{user_id}/endpoints", endpoints.post_endpoint, Door.OPERATOR),
    get("/internal/users/{user_id}/endpoints", endpoints.list_endpoints, Door.OPERATOR),
]
