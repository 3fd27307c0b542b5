"""Every method and path of this service."""

from linktime_common.http.routes import Route, get, post
from linktime_common.identity import Door
from linktime_webhooks.api import endpoints

INTERNAL: list[Route] = [
    post("/internal/users/{user_id}/endpoints", endpoints.post_endpoint, Door.OPERATOR),
    get("/internal/users/{user_id}/endpoints", endpoints.list_endpoints, Door.OPERATOR),
]
