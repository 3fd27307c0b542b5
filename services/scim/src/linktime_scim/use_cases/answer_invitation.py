"""The invited user accepts or declines an invitation."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import AlreadyMember, InvitationNotFound
from linktime_scim.domain.organization import Joined, Role
from linktime_scim.store import invitations, memberships, organizations, users
from linktime_scim.use_cases.publish_change import publishing_change


@dataclass(frozen=True)
class AnswerInvitation:
    by: UUID
    invitation_id: UUID


async def accept_invitation(
    command: AnswerInvitation, deps: Deps, attempt: WriteAttempt[Joined]
) -> Joined:
    """Return the organization that the user is now a member of.

    Raises InvitationNotFound, AlreadyMember.
    """
    async with deps.database.transaction() as connection:
        organization_id, _role = await _find(connection, command, deps)
        # The organization is locked before accounts, as in every change of members. Then the
        # invitation is read again: it cannot be answered concurrently, and the e-mail cannot
        # change.
        owner_id = await organizations.lock(connection, organization_id)
        named = {"organization_id": organization_id, "user_id": command.by}
        async with publishing_change(connection, organization_id, command.by, owner_id, deps):
            _, role = await _find(connection, command, deps)
            if await memberships.is_member(connection, **named):
                raise AlreadyMember(**named)
            await invitations.remove(connection, command.invitation_id)
            await organizations.add_member(connection, **named, role=role, now=deps.clock.now())
        joined = await memberships.find(connection, **named)
        await attempt.keep(connection, joined)
        return joined


async def decline_invitation(
    command: AnswerInvitation, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Decline the invitation; raises InvitationNotFound."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        organization_id, _role = await _find(connection, command, deps)
        await organizations.lock(connection, organization_id)
        await _find(connection, command, deps)
        await invitations.remove(connection, command.invitation_id)


async def _find(connection: Connection, command: AnswerInvitation, deps: Deps) -> tuple[UUID, Role]:
    account = await users.find(connection, command.by)
    if account is None or not account.is_active:
        raise InvitationNotFound(invitation_id=command.invitation_id)
    return await invitations.find_received(
        connection, command.invitation_id, email=account.email, now=deps.clock.now()
    )
