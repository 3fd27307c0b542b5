"""A user's organizations and their members, on the dashboard."""

from functools import partial
from typing import Any, Literal
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.fields import Name, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer
from linktime_scim.api.writes import write
from linktime_scim.deps import DEPS
from linktime_scim.domain.errors import MemberNotFound, OrganizationNotFound
from linktime_scim.domain.organization import Joined, Member, Role, refuse_managing
from linktime_scim.store import memberships
from linktime_scim.use_cases.create_organization import CreateOrganization, found_organization
from linktime_scim.use_cases.manage_members import (
    ChangeRole,
    RemoveMember,
    change_role,
    remove_member,
)
from linktime_scim.use_cases.rename_organization import RenameOrganization, rename_organization

Given = Literal["admin", "member"]


class OrganizationReply(WireModel):
    """`role` is the reader's own."""

    id: UUID
    name: str
    plan: Plan
    role: Role
    member_count: int
    created_at: Instant


class MemberReply(WireModel):
    """`id` is the user's."""

    id: UUID
    email: str
    name: str
    username: str
    role: Role
    active: bool
    created_at: Instant


class OrganizationRequest(RequestModel):
    name: Name


class RoleRequest(RequestModel):
    role: Given


async def list_organizations(request: web.Request) -> web.Response:
    """One page of the user's organizations, oldest first."""
    query = bodies.read_query(request, Paging)
    async with request.app[DEPS].database.connection() as connection:
        found, total = await memberships.page(
            connection,
            user_id=auth.user_id(request),
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [OrganizationReply(**vars(one)) for one in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


async def get_organization(request: web.Request) -> web.Response:
    """One organization."""
    async with request.app[DEPS].database.connection() as connection:
        joined = await memberships.find(
            connection,
            user_id=auth.user_id(request),
            organization_id=_organization_id(request),
        )
    return bodies.reply(OrganizationReply(**vars(joined)))


async def list_members(request: web.Request) -> web.Response:
    """One page of an organization's members, oldest first, for those who manage them."""
    organization_id = _organization_id(request)
    query = bodies.read_query(request, Paging)
    async with request.app[DEPS].database.connection() as connection:
        joined = await memberships.find(
            connection, user_id=auth.user_id(request), organization_id=organization_id
        )
        refuse_managing(joined.role)
        found, total = await memberships.page_members(
            connection,
            organization_id,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [MemberReply(**vars(one)) for one in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


async def post_organization(request: web.Request) -> web.Response:
    """Make an organization that the user owns."""
    body = await bodies.read(request, OrganizationRequest)
    command = CreateOrganization(body.name, auth.user_id(request))
    return await write(request, partial(found_organization, command, request.app[DEPS]), _created)


async def patch_organization(request: web.Request) -> web.Response:
    """Rename an organization."""
    organization_id = _organization_id(request)
    body = await bodies.read(request, OrganizationRequest)
    command = RenameOrganization(auth.user_id(request), organization_id, body.name)
    return await write(request, partial(rename_organization, command, request.app[DEPS]), _renamed)


async def patch_member(request: web.Request) -> web.Response:
    """Make a member an admin, or an admin a member."""
    organization_id = _organization_id(request)
    user_id = path_id(request, "user_id", otherwise=MemberNotFound)
    body = await bodies.read(request, RoleRequest)
    command = ChangeRole(auth.user_id(request), organization_id, user_id, Role(body.role))
    return await write(request, partial(change_role, command, request.app[DEPS]), _changed)


async def delete_member(request: web.Request) -> web.Response:
    """Take a member out, or leave."""
    organization_id = _organization_id(request)
    user_id = path_id(request, "user_id", otherwise=MemberNotFound)
    command = RemoveMember(auth.user_id(request), organization_id, user_id)
    return await write(request, partial(remove_member, command, request.app[DEPS]), _removed)


def _organization_id(request: web.Request) -> UUID:
    return path_id(request, "id", otherwise=OrganizationNotFound)


def _created(joined: Joined) -> Answer:
    return Answer(201, OrganizationReply(**vars(joined)).model_dump(mode="json"))


def _renamed(joined: Joined) -> Answer:
    return Answer(200, OrganizationReply(**vars(joined)).model_dump(mode="json"))


def _changed(member: Member) -> Answer:
    return Answer(200, MemberReply(**vars(member)).model_dump(mode="json"))


def _removed(_result: Any) -> Answer:
    return Answer(200, Done().model_dump(mode="json"))
