"""What the dashboard's routes of organizations say of themselves in the OpenAPI document."""

from typing import Any

from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_scim.api.dashboard_organizations import (
    MemberReply,
    OrganizationReply,
    OrganizationRequest,
    RoleRequest,
)

TAG = "Organizations"
NOT_FOUND = {404: "No such organization, or you are not a member"}
NOT_ALLOWED = {403: "Your role does not allow this"}

ORGANIZATION: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25",
    "name": "Example GmbH",
    "plan": "BUSINESS",
    "role": "owner",
    "memberCount": 2,
    "createdAt": "2026-02-20T09:30:00.000Z",
}
MEMBER: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e26",
    "email": "zoe@example.com",
    "name": "Zoë Quinn",
    "username": "zoe-quinn",
    "role": "member",
    "active": True,
    "createdAt": "2026-02-20T09:30:00.000Z",
}

LIST = Operation(
    summary="List your organizations, oldest first",
    tag=TAG,
    query=Paging,
    page_of=OrganizationReply,
    reply_example={
        "data": [ORGANIZATION],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)
CREATE = Operation(
    summary="Create an organization that you own",
    tag=TAG,
    body=OrganizationRequest,
    body_example={"name": "Example GmbH"},
    reply=OrganizationReply,
    reply_example=ORGANIZATION | {"memberCount": 1},
    status=201,
    idempotent=True,
)
GET = Operation(
    summary="Read an organization",
    tag=TAG,
    reply=OrganizationReply,
    reply_example=ORGANIZATION,
    errors=NOT_FOUND,
)
LIST_MEMBERS = Operation(
    summary="List the members of an organization, oldest first",
    description="For owner and admins. Deactivated members are shown as well.",
    tag=TAG,
    query=Paging,
    page_of=MemberReply,
    reply_example={
        "data": [MEMBER],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
    errors=NOT_FOUND | NOT_ALLOWED,
)
RENAME = Operation(
    summary="Rename an organization",
    tag=TAG,
    body=OrganizationRequest,
    body_example={"name": "Example AG"},
    reply=OrganizationReply,
    reply_example=ORGANIZATION | {"name": "Example AG"},
    errors=NOT_FOUND | NOT_ALLOWED,
    idempotent=True,
)
CHANGE_ROLE = Operation(
    summary="Make a member an admin, or an admin a member",
    description="For the owner alone.",
    tag=TAG,
    body=RoleRequest,
    body_example={"role": "admin"},
    reply=MemberReply,
    reply_example=MEMBER | {"role": "admin"},
    errors=NOT_FOUND | NOT_ALLOWED | {409: "The owner's own role cannot be changed"},
    idempotent=True,
)
REMOVE_MEMBER = Operation(
    summary="Take a member out of an organization, or leave it",
    description="Owner and admins remove members; the owner alone removes admins.",
    tag=TAG,
    reply=Done,
    reply_example={"success": True},
    errors=NOT_FOUND | NOT_ALLOWED | {409: "The owner cannot leave"},
    idempotent=True,
)
