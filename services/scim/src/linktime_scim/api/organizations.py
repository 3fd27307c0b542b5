"""Organizations, for the gateway and the operator's command."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.internal_api.scim import (
    ListedOrganization,
    ListedOrganizations,
    OrganizationRole,
)
from linktime_common.contracts.internal_api.scim import OrganizationView as OrganizationBody
from linktime_common.http import bodies
from linktime_common.http.fields import Digits, Name, QueryModel, RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.paths import path_id
from linktime_scim.api.dashboard_organizations import MemberReply
from linktime_scim.api.fields import Domain
from linktime_scim.deps import DEPS
from linktime_scim.domain.errors import MemberNotFound, OrganizationNotFound
from linktime_scim.domain.organization import Organization
from linktime_scim.store import memberships, organizations
from linktime_scim.use_cases.create_organization import CreateOrganization, create_organization
from linktime_scim.use_cases.manage_members import RemoveByOperator, remove_by_operator
from linktime_scim.use_cases.set_owner import SetOwner, set_owner
from linktime_scim.use_cases.verify_domain import VerifyDomain, verify_domain

FIRST = UUID(int=0)


class OrganizationsQuery(QueryModel):
    """A page of all organizations."""

    after: UUID = FIRST
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 100


class NewOrganizationBody(RequestModel):
    name: Name
    owner_id: UUID


class NewOwnerBody(RequestModel):
    user_id: UUID


class DomainBody(RequestModel):
    domain: Domain


async def post_organization(request: web.Request) -> web.Response:
    body = await bodies.read(request, NewOrganizationBody)
    command = CreateOrganization(name=body.name, owner_id=body.owner_id)
    organization = await create_organization(command, request.app[DEPS])
    return bodies.reply(_body(organization), status=201)


async def list_organizations(request: web.Request) -> web.Response:
    query = bodies.read_query(request, OrganizationsQuery)
    async with request.app[DEPS].database.connection() as connection:
        found = await organizations.list_after(connection, query.after, query.limit + 1)
    page = [
        ListedOrganization(
            **_body(one.organization).model_dump(by_alias=False),
            owner_email=one.owner_email,
        )
        for one in found[: query.limit]
    ]
    next_after = page[-1].id if len(found) > query.limit else None
    return bodies.reply(ListedOrganizations(data=page, next_after=next_after))


async def list_members(request: web.Request) -> web.Response:
    """Return the members as the owner sees them."""
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    query = bodies.read_query(request, Paging)
    async with request.app[DEPS].database.connection() as connection:
        if await organizations.find(connection, organization_id) is None:
            raise OrganizationNotFound(organization_id=organization_id)
        found, total = await memberships.page_members(
            connection,
            organization_id,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
        )
    replies = [MemberReply.of(one) for one in found]
    return bodies.reply_list(replies, page=query.page, limit=query.limit, total=total)


async def get_organization(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    async with request.app[DEPS].database.connection() as connection:
        organization = await organizations.find(connection, organization_id)
    if organization is None:
        raise OrganizationNotFound(organization_id=organization_id)
    return bodies.reply(_body(organization))


async def get_role(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    user_id = path_id(request, "user_id", otherwise=MemberNotFound)
    async with request.app[DEPS].database.connection() as connection:
        role = await memberships.role(connection, organization_id=organization_id, user_id=user_id)
    return bodies.reply(OrganizationRole(role=role))


async def delete_member(request: web.Request) -> web.Response:
    command = RemoveByOperator(
        path_id(request, "id", otherwise=OrganizationNotFound),
        path_id(request, "user_id", otherwise=MemberNotFound),
    )
    await remove_by_operator(command, request.app[DEPS])
    return bodies.reply(Done())


async def put_owner(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, NewOwnerBody)
    organization = await set_owner(SetOwner(organization_id, body.user_id), request.app[DEPS])
    return bodies.reply(_body(organization))


async def post_domain(request: web.Request) -> web.Response:
    organization_id = path_id(request, "id", otherwise=OrganizationNotFound)
    body = await bodies.read(request, DomainBody)
    organization = await verify_domain(
        VerifyDomain(organization_id, body.domain), request.app[DEPS]
    )
    return bodies.reply(_body(organization))


def _body(organization: Organization) -> OrganizationBody:
    return OrganizationBody(
        id=organization.id,
        name=organization.name,
        owner_id=organization.owner_id,
        plan=organization.plan,
        verified_domains=list(organization.verified_domains),
    )
