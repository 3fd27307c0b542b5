"""A user's organizations and their members, on the dashboard."""

from functools import partial
from typing import Annotated, Literal, Self
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import Name, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.resources import below
from linktime_common.http.writes import answer, done, write
from linktime_common.idempotency import WriteReply
from linktime_scim.deps import DEPS
from linktime_scim.domain.errors import MemberNotFound, NotAllowed, OrganizationNotFound, OwnerStays
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

TAG = "Organizations"
NOT_FOUND: Refusals = {OrganizationNotFound: "No such organization, or you are not a member"}
NOT_ALLOWED: Refusals = {NotAllowed: "Your role does not allow this"}
Given = Annotated[Literal["admin", "member"], any_case(("admin", "member"))]


class OrganizationReply(WireModel):
    """`role` is the user's."""

    id: UUID
    name: str
    plan: Plan
    role: Role
    member_count: int
    created_at: Instant


class MemberReply(WireModel):
    """`id` identifies the member in this organization.

    `username` is null if only the identity provider added the person and the organization has not
    verified the domain; e-mail and name are then those that the provider sent.
    """

    id: UUID
    email: str
    name: str
    username: str | None
    role: Role
    active: bool
    created_at: Instant

    @classmethod
    def of(cls, member: Member) -> Self:
        return cls(
            id=member.id,
            email=member.email,
            name=member.name,
            username=member.username,
            role=member.role,
            active=member.active,
            created_at=member.created_at,
        )


class OrganizationRequest(RequestModel):
    name: Name


class RoleRequest(RequestModel):
    role: Given


EXAMPLE = OrganizationReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25",
    name="Example GmbH",
    plan="BUSINESS",
    role="owner",
    member_count=2,
    created_at="2026-02-20T09:30:00Z",
)
MEMBER = MemberReply(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e26",
    email="zoe@example.com",
    name="Zoë Quinn",
    username="zoe-quinn",
    role="member",
    active=True,
    created_at="2026-02-20T09:30:00Z",
)


@Operation(summary="List your organizations, oldest first", tag=TAG, query=Paging, page_of=EXAMPLE)
async def list_organizations(request: web.Request) -> web.Response:
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


@Operation(
    summary="Read an organization",
    tag=TAG,
    reply=EXAMPLE,
    errors=NOT_FOUND,
    conditional=True,
)
async def get_organization(request: web.Request) -> web.Response:
    async with request.app[DEPS].database.connection() as connection:
        joined = await memberships.find(
            connection,
            user_id=auth.user_id(request),
            organization_id=_organization_id(request),
        )
    return bodies.reply(OrganizationReply(**vars(joined)))


@Operation(
    summary="List the members of an organization, oldest first",
    description=(
        "For owner and admins. Deactivated members are shown as well. Of a person whom only the "
        "identity provider added, `email` and `name` are those that the provider sent and "
        "`username` is null, unless the organization has verified the domain of the e-mail address."
    ),
    tag=TAG,
    query=Paging,
    page_of=MEMBER,
    errors=NOT_FOUND | NOT_ALLOWED,
)
async def list_members(request: web.Request) -> web.Response:
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
    replies = [MemberReply.of(one) for one in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


@Operation(
    summary="Create an organization that you own",
    tag=TAG,
    body=OrganizationRequest,
    body_example={"name": "Example GmbH"},
    reply=EXAMPLE.model_copy(update={"member_count": 1}),
    status=201,
    idempotent=True,
    location=below("id"),
)
async def post_organization(request: web.Request) -> web.Response:
    body = await bodies.read(request, OrganizationRequest)
    command = CreateOrganization(body.name, auth.user_id(request))
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(found_organization, command, deps), _created)


@Operation(
    summary="Rename an organization",
    tag=TAG,
    body=OrganizationRequest,
    body_example={"name": "Example AG"},
    reply=EXAMPLE.model_copy(update={"name": "Example AG"}),
    errors=NOT_FOUND | NOT_ALLOWED,
    idempotent=True,
)
async def patch_organization(request: web.Request) -> web.Response:
    organization_id = _organization_id(request)
    body = await bodies.read(request, OrganizationRequest)
    command = RenameOrganization(auth.user_id(request), organization_id, body.name)
    deps = request.app[DEPS]
    return await write(
        request, deps.database, partial(rename_organization, command, deps), _organization
    )


@Operation(
    summary="Make a member an admin, or an admin a member",
    description="For the owner alone.",
    tag=TAG,
    body=RoleRequest,
    body_example={"role": "admin"},
    reply=MEMBER.model_copy(update={"role": Role.ADMIN}),
    errors=NOT_FOUND | NOT_ALLOWED | {OwnerStays: "The owner's own role cannot be changed"},
    idempotent=True,
)
async def patch_member(request: web.Request) -> web.Response:
    organization_id = _organization_id(request)
    member_id = path_id(request, "member_id", otherwise=MemberNotFound)
    body = await bodies.read(request, RoleRequest)
    command = ChangeRole(auth.user_id(request), organization_id, member_id, Role(body.role))
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(change_role, command, deps), _changed)


@Operation(
    summary="Remove a member from an organization, or leave it",
    description=(
        "Owner and admins remove members; the owner alone removes admins. To leave, use your own "
        "user id."
    ),
    tag=TAG,
    reply=Done(),
    errors=NOT_FOUND | NOT_ALLOWED | {OwnerStays: "The owner cannot leave"},
    idempotent=True,
)
async def delete_member(request: web.Request) -> web.Response:
    organization_id = _organization_id(request)
    member_id = path_id(request, "member_id", otherwise=MemberNotFound)
    command = RemoveMember(auth.user_id(request), organization_id, member_id)
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(remove_member, command, deps), done)


def _organization_id(request: web.Request) -> UUID:
    return path_id(request, "id", otherwise=OrganizationNotFound)


def _created(joined: Joined) -> WriteReply:
    return answer(OrganizationReply(**vars(joined)), 201)


def _organization(joined: Joined) -> WriteReply:
    return answer(OrganizationReply(**vars(joined)))


def _changed(member: Member) -> WriteReply:
    return answer(MemberReply.of(member))
