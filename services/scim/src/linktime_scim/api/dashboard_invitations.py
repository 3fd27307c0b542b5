"""Invitations on the dashboard: those of an organization, and those to the user."""

from functools import partial
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import EmailAddress, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.writes import answer, done, write
from linktime_common.idempotency import WriteReply
from linktime_scim.api.dashboard_organizations import EXAMPLE as ORGANIZATION
from linktime_scim.api.dashboard_organizations import (
    NOT_ALLOWED,
    NOT_FOUND,
    Given,
    OrganizationReply,
)
from linktime_scim.deps import DEPS
from linktime_scim.domain.errors import (
    AlreadyMember,
    InvitationNotFound,
    OrganizationNotFound,
    UserNotFound,
)
from linktime_scim.domain.invitation import Invitation
from linktime_scim.domain.organization import Joined, Role, refuse_managing
from linktime_scim.store import invitations, memberships, users
from linktime_scim.use_cases.answer_invitation import (
    AnswerInvitation,
    accept_invitation,
    decline_invitation,
)
from linktime_scim.use_cases.invite_members import (
    CancelInvitation,
    InviteMember,
    cancel_invitation,
    invite_member,
)

TAG = "Invitations"
NOT_INVITED: Refusals = {
    InvitationNotFound: "No open invitation with this id to your e-mail address"
}


class InvitationReply(WireModel):
    """An invitation as the organization sees it."""

    id: UUID
    email: str
    role: Role
    created_at: Instant
    expires_at: Instant


class ReceivedInvitationReply(WireModel):
    """An invitation as the invited person sees it."""

    id: UUID
    organization_id: UUID
    organization_name: str
    role: Role
    created_at: Instant
    expires_at: Instant


class NewInvitationRequest(RequestModel):
    email: EmailAddress
    role: Given = "member"


EXAMPLE = InvitationReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e27",
    email="zoe@example.com",
    role="member",
    created_at="2026-02-20T09:30:00Z",
    expires_at="2026-02-27T09:30:00Z",
)
RECEIVED = ReceivedInvitationReply(
    **EXAMPLE.model_dump(by_alias=False, exclude={"email"}),
    organization_id=ORGANIZATION.id,
    organization_name=ORGANIZATION.name,
)


@Operation(
    summary="Invite a person to an organization",
    description=(
        "The answer is the same whether or not an account has this e-mail address. The person sees "
        "the invitation on the dashboard for 7 days, and accepts or declines it; no mail is sent. "
        "Inviting the address again renews the invitation. Owner and admins invite members; the "
        "owner alone invites admins. At most 100 invitations of an organization are open."
    ),
    tag=TAG,
    body=NewInvitationRequest,
    body_example={"email": "zoe@example.com", "role": "member"},
    reply=EXAMPLE,
    status=201,
    errors=NOT_FOUND
    | NOT_ALLOWED
    | {AlreadyMember: "The user is a member already, or 100 invitations are open"},
    idempotent=True,
)
async def post_invitation(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewInvitationRequest)
    command = InviteMember(auth.user_id(request), organization_id, body.email, Role(body.role))
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(invite_member, command, deps), _invited)


@Operation(
    summary="List an organization's open invitations, newest first",
    description="For owner and admins.",
    tag=TAG,
    query=Paging,
    page_of=EXAMPLE,
    errors=NOT_FOUND | NOT_ALLOWED,
)
async def list_invitations(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    query, deps = bodies.read_query(request, Paging), request.app[DEPS]
    async with deps.database.connection() as connection:
        joined = await memberships.find(
            connection, user_id=auth.user_id(request), organization_id=organization_id
        )
        refuse_managing(joined.role)
        found, total = await invitations.page_sent(
            connection,
            organization_id,
            now=deps.clock.now(),
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [InvitationReply(**vars(one)) for one in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


@Operation(
    summary="Cancel an invitation",
    description="Owner and admins cancel those of members, the owner alone those of admins.",
    tag=TAG,
    reply=Done(),
    errors=NOT_ALLOWED | {InvitationNotFound: "No such organization, or no such open invitation"},
    idempotent=True,
)
async def delete_invitation(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    invitation_id = path_id(request, "invitation_id", otherwise=InvitationNotFound)
    command = CancelInvitation(auth.user_id(request), organization_id, invitation_id)
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(cancel_invitation, command, deps), done)


@Operation(
    summary="List the open invitations to your e-mail address, newest first",
    tag=TAG,
    query=Paging,
    page_of=RECEIVED,
)
async def list_received(request: web.Request) -> web.Response:
    user_id = auth.user_id(request)
    query, deps = bodies.read_query(request, Paging), request.app[DEPS]
    async with deps.database.connection() as connection:
        account = await users.find(connection, user_id)
        if account is None:
            raise UserNotFound(user_id=user_id)
        found, total = await invitations.page_received(
            connection,
            email=account.email,
            user_id=user_id,
            now=deps.clock.now(),
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [ReceivedInvitationReply(**vars(one)) for one in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


@Operation(
    summary="Accept an invitation",
    description="From then on you are a member, and owner and admins see your name and e-mail.",
    tag=TAG,
    reply=ORGANIZATION.model_copy(update={"role": Role.MEMBER}),
    errors=NOT_INVITED | {AlreadyMember: "You are a member already"},
    idempotent=True,
)
async def post_accept(request: web.Request) -> web.Response:
    command = _answer(request)
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(accept_invitation, command, deps), _joined)


@Operation(
    summary="Decline an invitation",
    description="The invitation is deleted, also from the organization's list.",
    tag=TAG,
    reply=Done(),
    errors=NOT_INVITED,
    idempotent=True,
)
async def post_decline(request: web.Request) -> web.Response:
    command = _answer(request)
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(decline_invitation, command, deps), done)


def _answer(request: web.Request) -> AnswerInvitation:
    invitation_id = path_id(request, "id", otherwise=InvitationNotFound)
    return AnswerInvitation(auth.user_id(request), invitation_id)


def _invited(invitation: Invitation) -> WriteReply:
    return answer(InvitationReply(**vars(invitation)), 201)


def _joined(joined: Joined) -> WriteReply:
    return answer(OrganizationReply(**vars(joined)))
