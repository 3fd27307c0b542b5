"""The members of one organization as scim2-server's storage, for one request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from scim2_models import (
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.storage import AsyncScimStorage

from linktime_common.ids import parse_id
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import MemberNotFound
from linktime_scim.domain.provisioning import Provisioned
from linktime_scim.scim.limits import check_lines
from linktime_scim.scim.model import User
from linktime_scim.scim.resources import attributes_of, new_account_email, user_of, version
from linktime_scim.scim.service import MemberPage
from linktime_scim.store import scim_members, users
from linktime_scim.store.scim_filters import EVERYBODY, condition
from linktime_scim.use_cases.change_member import ChangeMember, change_member
from linktime_scim.use_cases.deactivate_member import repeat_deactivation
from linktime_scim.use_cases.deprovision_member import DeprovisionMember, deprovision_member
from linktime_scim.use_cases.provision_member import ProvisionMember, provision_member


class MemberStorage(AsyncScimStorage):
    """`writes`: the operation is a transaction with locks on the members it reads."""

    _connection: Connection

    def __init__(self, deps: Deps, organization_id: Any, *, writes: bool) -> None:
        self._deps = deps
        self._organization_id = organization_id
        self._writes = writes
        self._locked: Provisioned | None = None

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """Hold a connection; for a write, also lock the organization.

        The core does not update a member whose attributes stay the same, but `active: false` counts
        again.
        """
        database = self._deps.database
        if not self._writes:
            async with database.connection() as self._connection:
                yield
            return
        async with database.transaction() as self._connection:
            await scim_members.hold_organization(self._connection, self._organization_id)
            yield
            if self._locked is not None:
                await repeat_deactivation(self._locked, self._connection, self._deps)

    async def get(
        self,
        resource_type: ResourceType,  # noqa: ARG002 - there is one
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,  # noqa: ARG002
    ) -> Resource[Any]:
        """Return a member; raises MemberNotFound."""
        return user_of(await self._member(resource_id))

    async def search(
        self,
        resource_types: list[ResourceType],  # noqa: ARG002
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002 - of a cursor, which is not announced
    ) -> MemberPage:
        """Return a page of members, oldest first; raises InvalidFilterException."""
        wanted = search_request.filter
        found = await scim_members.page(
            self._connection,
            self._organization_id,
            condition=EVERYBODY if wanted is None else condition(wanted.ast),
            offset=search_request.start_index_0 or 0,
            limit=search_request.count or 0,
        )
        return MemberPage(total=found.total, resources=[], members=found.members)

    async def create(
        self,
        resource_type: ResourceType,  # noqa: ARG002
        resource: Resource[Any],
    ) -> Resource[Any]:
        """Create a member; raises AlreadyProvisioned, UserNameTaken, InvalidValueException."""
        user = cast("User", resource)
        attributes = attributes_of(user)
        check_lines(attributes)
        command = ProvisionMember(
            organization_id=self._organization_id,
            email=new_account_email(attributes),
            attributes=attributes,
            active=user.active,
        )
        return user_of(await provision_member(command, self._connection, self._deps))

    async def update(
        self,
        resource_type: ResourceType,  # noqa: ARG002
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Update a member.

        Raises UserNameTaken, PreconditionFailedException, InvalidValueException.
        """
        user = cast("User", resource)
        member, attributes = self._taken(expected_version), attributes_of(user)
        check_lines(attributes, member.attributes)
        command = ChangeMember(member, attributes, active=bool(user.active))
        return user_of(await change_member(command, self._connection, self._deps))

    async def delete(
        self,
        resource_type: ResourceType,  # noqa: ARG002
        resource_id: str,  # noqa: ARG002 - of what was read before
        *,
        expected_version: str | None = None,
    ) -> None:
        """Delete a member; raises PreconditionFailedException."""
        member = self._taken(expected_version)
        await deprovision_member(DeprovisionMember(member), self._connection, self._deps)

    def _taken(self, expected_version: str | None) -> Provisioned:
        # The core reads a member before changing it, and since then it is locked.
        member, self._locked = self._locked, None
        if member is None or expected_version not in {None, version(member)}:
            raise PreconditionFailedException
        return member

    async def _member(self, resource_id: str) -> Provisioned:
        member_id = parse_id(resource_id)
        if member_id is None:
            raise MemberNotFound(organization_id=self._organization_id)
        member = await scim_members.find(self._connection, self._organization_id, member_id)
        if not self._writes:
            return member
        # Locked, accounts before memberships, and read again: concurrent changes are serialized,
        # and none is refused for a version that it did not ask about.
        await users.lock(self._connection, member.user_id)
        self._locked = await scim_members.lock(self._connection, self._organization_id, member_id)
        return self._locked
