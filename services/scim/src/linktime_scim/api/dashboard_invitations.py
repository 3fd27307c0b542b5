"""Invitations to organizations on the dashboard: the organization's, and those to the user."""

from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Email, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer
from linktime_scim.api.dashboard_organizations import Given, OrganizationReply
from linktime_scim.api.writes import write
from linktime_scim.deps import DEPS
from linktime_scim.domain.errors import InvitationNotFound, OrganizationNotFound, UserNotFound
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


class InvitationReply(WireModel):
    """As the organization sees it."""

    id: UUID
    email: str
    role: Role
    created_at: Instant
    expires_at: Instant


class ReceivedInvitationReply(WireModel):
    """As the invited person sees it."""

    id: UUID
    organization_id: UUID
    organization_name: str
    role: Role
    created_at: Instant
    expires_at: Instant


class NewInvitationRequest(RequestModel):
    email: Email
    role: Given = "member"


async def post_invitation(request: web.Request) -> web.Response:
    """Invite the person with an e-mail address."""
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewInvitationRequest)
    command = InviteMember(auth.user_id(request), organization_id, body.email, Role(body.role))
    return await write(request, partial(invite_member, command, request.app[DEPS]), _invited)


async def list_invitations(request: web.Request) -> web.Response:
    """One page of an organization's open invitations, newest first."""
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


async def delete_invitation(request: web.Request) -> web.Response:
    """Cancel an invitation."""
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    invitation_id = path_id(request, "invitation_id", otherwise=InvitationNotFound)
    command = CancelInvitation(auth.user_id(request), organization_id, invitation_id)
    return await write(request, partial(cancel_invitation, command, request.app[DEPS]), _done)


async def list_received(request: web.Request) -> web.Response:
    """One page of the open invitations to the user's own e-mail address, newest first."""
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


async def post_accept(request: web.Request) -> web.Response:
    """Become a member of the organization that invites."""
    command = _answer(request)
    return await write(request, partial(accept_invitation, command, request.app[DEPS]), _joined)


async def post_decline(request: web.Request) -> web.Response:
    """Decline an invitation, which is gone then."""
    command = _answer(request)
    return await write(request, partial(decline_invitation, command, request.app[DEPS]), _done)


def _answer(request: web.Request) -> AnswerInvitation:
    invitation_id = path_id(request, "id", otherwise=InvitationNotFound)
    return AnswerInvitation(auth.user_id(request), invitation_id)


def _invited(invitation: Invitation) -> Answer:
    return Answer(201, InvitationReply(**vars(invitation)).model_dump(mode="json"))


def _joined(joined: Joined) -> Answer:
    return Answer(200, OrganizationReply(**vars(joined)).model_dump(mode="json"))


def _done(_result: Any) -> Answer:
    return Answer(200, Done().model_dump(mode="json"))
