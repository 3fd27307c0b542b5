"""Every method and path of this service."""

from linktime_common.http.routes import Route, get, patch, post, put
from linktime_common.identity import Door
from linktime_scim.api import me, operations, organizations, profile, users

PUBLIC: list[Route] = [
    get("/api/v1/me", me.get_me, Door.API_KEY, operation=operations.GET_ME),
    get("/dashboard/api/me", profile.get_profile, Door.SESSION, operation=operations.GET_PROFILE),
    patch(
        "/dashboard/api/me",
        profile.patch_profile,
        Door.SESSION,
        operation=operations.CHANGE_PROFILE,
    ),
]

INTERNAL: list[Route] = [
    post("/internal/users", users.post_user, Door.SERVICE, Door.OPERATOR, issuers=["gateway"]),
    get(
        "/internal/users",
        users.list_users,
        Door.SERVICE,
        Door.OPERATOR,
        issuers=["gateway", "availability"],
    ),
    get(
        "/internal/users/{id}",
        users.get_user,
        Door.SERVICE,
        Door.OPERATOR,
        issuers=["gateway", "availability"],
    ),
    put("/internal/users/{id}/plan", users.put_plan, Door.OPERATOR),
    post("/internal/organizations", organizations.post_organization, Door.OPERATOR),
    get(
        "/internal/organizations/{id}",
        organizations.get_organization,
        Door.SERVICE,
        Door.OPERATOR,
        issuers=["gateway"],
    ),
    post("/internal/organizations/{id}/domains", organizations.post_domain, Door.OPERATOR),
]
