"""What the dashboard's routes of invitations say of themselves in the OpenAPI document."""

from typing import Any

from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_scim.api.dashboard_invitations import (
    InvitationReply,
    NewInvitationRequest,
    ReceivedInvitationReply,
)
from linktime_scim.api.dashboard_organizations import OrganizationReply
from linktime_scim.api.organization_operations import NOT_ALLOWED, NOT_FOUND, ORGANIZATION

TAG = "Invitations"
NOT_THERE = {404: "No open invitation to your e-mail address has this id"}

INVITATION: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e27",
    "email": "zoe@example.com",
    "role": "member",
    "createdAt": "2026-02-20T09:30:00.000Z",
    "expiresAt": "2026-02-27T09:30:00.000Z",
}
RECEIVED: dict[str, Any] = {
    "id": INVITATION["id"],
    "organizationId": ORGANIZATION["id"],
    "organizationName": ORGANIZATION["name"],
    "role": "member",
    "createdAt": INVITATION["createdAt"],
    "expiresAt": INVITATION["expiresAt"],
}
PAGE = {"page": 1, "limit": 20, "total": 1, "totalPages": 1}

INVITE = Operation(
    summary="Invite somebody to an organization",
    description=(
        "The answer is the same whether or not an account has this e-mail address. The person sees "
        "the invitation on the dashboard for 7 days, and accepts or declines it; no mail is sent. "
        "Inviting the address again renews the invitation. Owner and admins invite members; the "
        "owner alone invites admins. At most 100 invitations of an organization are open."
    ),
    tag=TAG,
    body=NewInvitationRequest,
    body_example={"email": "zoe@example.com", "role": "member"},
    reply=InvitationReply,
    reply_example=INVITATION,
    status=201,
    errors={
        **NOT_FOUND,
        **NOT_ALLOWED,
        409: "The user is a member already, or 100 invitations are open",
    },
    idempotent=True,
)
LIST = Operation(
    summary="List an organization's open invitations, newest first",
    description="For owner and admins.",
    tag=TAG,
    query=Paging,
    page_of=InvitationReply,
    reply_example={"data": [INVITATION], "pagination": PAGE},
    errors=NOT_FOUND | NOT_ALLOWED,
)
CANCEL = Operation(
    summary="Cancel an invitation",
    description="Owner and admins cancel those of members, the owner alone those of admins.",
    tag=TAG,
    reply=Done,
    reply_example={"success": True},
    errors={404: "No such organization, or no such open invitation", **NOT_ALLOWED},
    idempotent=True,
)
LIST_RECEIVED = Operation(
    summary="List the open invitations to your e-mail address, newest first",
    tag=TAG,
    query=Paging,
    page_of=ReceivedInvitationReply,
    reply_example={"data": [RECEIVED], "pagination": PAGE},
)
ACCEPT = Operation(
    summary="Accept an invitation",
    description="From then on you are a member, and owner and admins see your name and e-mail.",
    tag=TAG,
    reply=OrganizationReply,
    reply_example=ORGANIZATION | {"role": "member"},
    errors=NOT_THERE | {409: "You are a member already"},
    idempotent=True,
)
DECLINE = Operation(
    summary="Decline an invitation",
    description="It is gone then, from the organization's list too.",
    tag=TAG,
    reply=Done,
    reply_example={"success": True},
    errors=NOT_THERE,
    idempotent=True,
)
