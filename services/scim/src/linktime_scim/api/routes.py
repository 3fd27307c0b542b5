"""Every method and path of this service."""

from linktime_common.http.routes import Route, delete, get, keyed, post, put, session
from linktime_common.identity import CallerKind
from linktime_scim.api import dashboard_invitations as invitations
from linktime_scim.api import dashboard_organizations as own
from linktime_scim.api import organizations, profile, users

PUBLIC: list[Route] = [
    keyed("GET", "/me", profile.get_me),
    session("GET", "/me", profile.get_profile),
    session("PATCH", "/me", profile.patch_profile),
    session("PUT", "/plan", profile.put_plan),
    session("GET", "/organizations", own.list_organizations),
    session("POST", "/organizations", own.post_organization),
    session("GET", "/organizations/{id}", own.get_organization),
    session("PATCH", "/organizations/{id}", own.patch_organization),
    session("GET", "/organizations/{id}/members", own.list_members),
    session("PATCH", "/organizations/{id}/members/{member_id}", own.patch_member),
    session("DELETE", "/organizations/{id}/members/{member_id}", own.delete_member),
    session("GET", "/organizations/{id}/invitations", invitations.list_invitations),
    session("POST", "/organizations/{id}/invitations", invitations.post_invitation),
    session(
        "DELETE", "/organizations/{id}/invitations/{invitation_id}", invitations.delete_invitation
    ),
    session("GET", "/invitations", invitations.list_received),
    session("POST", "/invitations/{id}/accept", invitations.post_accept),
    session("POST", "/invitations/{id}/decline", invitations.post_decline),
]

INTERNAL: list[Route] = [
    post(
        "/internal/users",
        users.post_user,
        CallerKind.SERVICE,
        CallerKind.OPERATOR,
        issuers=["gateway"],
    ),
    get(
        "/internal/users",
        users.list_users,
        CallerKind.SERVICE,
        CallerKind.OPERATOR,
        issuers=["gateway", "availability"],
    ),
    get(
        "/internal/users/{id}",
        users.get_user,
        CallerKind.SERVICE,
        CallerKind.OPERATOR,
        issuers=["gateway", "availability", "bookings"],
    ),
    post(
        "/internal/users/lookup",
        users.look_up_users,
        CallerKind.SERVICE,
        CallerKind.OPERATOR,
        issuers=["bookings"],
    ),
    delete("/internal/users/{id}", users.delete_user, CallerKind.OPERATOR),
    post("/internal/users/{id}/republish", users.post_republish, CallerKind.OPERATOR),
    put("/internal/users/{id}/plan", users.put_plan, CallerKind.OPERATOR),
    put("/internal/users/{id}/active", users.put_activity, CallerKind.OPERATOR),
    get("/internal/organizations", organizations.list_organizations, CallerKind.OPERATOR),
    post("/internal/organizations", organizations.post_organization, CallerKind.OPERATOR),
    get(
        "/internal/organizations/{id}",
        organizations.get_organization,
        CallerKind.SERVICE,
        CallerKind.OPERATOR,
        issuers=["gateway"],
    ),
    get("/internal/organizations/{id}/members", organizations.list_members, CallerKind.OPERATOR),
    get(
        "/internal/organizations/{id}/members/{user_id}",
        organizations.get_role,
        CallerKind.SERVICE,
        issuers=["gateway"],
    ),
    delete(
        "/internal/organizations/{id}/members/{user_id}",
        organizations.delete_member,
        CallerKind.OPERATOR,
    ),
    put("/internal/organizations/{id}/owner", organizations.put_owner, CallerKind.OPERATOR),
    post("/internal/organizations/{id}/domains", organizations.post_domain, CallerKind.OPERATOR),
]
