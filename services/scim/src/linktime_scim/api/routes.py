"""Every method and path of this service."""

from linktime_common.http.routes import Route, delete, get, patch, post, put
from linktime_common.identity import Door
from linktime_scim.api import (
    dashboard_invitations,
    dashboard_organizations,
    invitation_operations,
    me,
    operations,
    organization_operations,
    organizations,
    profile,
    users,
)

PUBLIC: list[Route] = [
    get("/api/v1/me", me.get_me, Door.API_KEY, operation=operations.GET_ME),
    get("/dashboard/api/me", profile.get_profile, Door.SESSION, operation=operations.GET_PROFILE),
    patch(
        "/dashboard/api/me",
        profile.patch_profile,
        Door.SESSION,
        operation=operations.CHANGE_PROFILE,
    ),
    put("/dashboard/api/plan", profile.put_plan, Door.SESSION, operation=operations.CHOOSE_PLAN),
    get(
        "/dashboard/api/organizations",
        dashboard_organizations.list_organizations,
        Door.SESSION,
        operation=organization_operations.LIST,
    ),
    post(
        "/dashboard/api/organizations",
        dashboard_organizations.post_organization,
        Door.SESSION,
        operation=organization_operations.CREATE,
    ),
    get(
        "/dashboard/api/organizations/{id}",
        dashboard_organizations.get_organization,
        Door.SESSION,
        operation=organization_operations.GET,
    ),
    patch(
        "/dashboard/api/organizations/{id}",
        dashboard_organizations.patch_organization,
        Door.SESSION,
        operation=organization_operations.RENAME,
    ),
    get(
        "/dashboard/api/organizations/{id}/members",
        dashboard_organizations.list_members,
        Door.SESSION,
        operation=organization_operations.LIST_MEMBERS,
    ),
    patch(
        "/dashboard/api/organizations/{id}/members/{user_id}",
        dashboard_organizations.patch_member,
        Door.SESSION,
        operation=organization_operations.CHANGE_ROLE,
    ),
    delete(
        "/dashboard/api/organizations/{id}/members/{user_id}",
        dashboard_organizations.delete_member,
        Door.SESSION,
        operation=organization_operations.REMOVE_MEMBER,
    ),
    get(
        "/dashboard/api/organizations/{id}/invitations",
        dashboard_invitations.list_invitations,
        Door.SESSION,
        operation=invitation_operations.LIST,
    ),
    post(
        "/dashboard/api/organizations/{id}/invitations",
        dashboard_invitations.post_invitation,
        Door.SESSION,
        operation=invitation_operations.INVITE,
    ),
    delete(
        "/dashboard/api/organizations/{id}/invitations/{invitation_id}",
        dashboard_invitations.delete_invitation,
        Door.SESSION,
        operation=invitation_operations.CANCEL,
    ),
    get(
        "/dashboard/api/invitations",
        dashboard_invitations.list_received,
        Door.SESSION,
        operation=invitation_operations.LIST_RECEIVED,
    ),
    post(
        "/dashboard/api/invitations/{id}/accept",
        dashboard_invitations.post_accept,
        Door.SESSION,
        operation=invitation_operations.ACCEPT,
    ),
    post(
        "/dashboard/api/invitations/{id}/decline",
        dashboard_invitations.post_decline,
        Door.SESSION,
        operation=invitation_operations.DECLINE,
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
    get(
        "/internal/organizations/{id}/members/{user_id}",
        organizations.get_role,
        Door.SERVICE,
        issuers=["gateway"],
    ),
    post("/internal/organizations/{id}/domains", organizations.post_domain, Door.OPERATOR),
]
