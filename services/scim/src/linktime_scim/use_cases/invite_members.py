"""An organization invites users by e-mail address, and cancels invitations."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import AlreadyMember, OrganizationNotFound, TooManyInvitations
from linktime_scim.domain.invitation import MOST_OPEN, VALID_FOR, Invitation
from linktime_scim.domain.organization import Role, refuse_adding, refuse_managing
from linktime_scim.store import invitations, memberships, users


@dataclass(frozen=True)
class InviteMember:
    by: UUID
    organization_id: UUID
    email: str
    role: Role


@dataclass(frozen=True)
class CancelInvitation:
    by: UUID
    organization_id: UUID
    invitation_id: UUID


async def invite_member(
    command: InviteMember, deps: Deps, attempt: WriteAttempt[Invitation]
) -> Invitation:
    """Return the invitation, which replaces an earlier one to the address.

    Whether the address has an account makes no difference. Raises OrganizationNotFound, NotAllowed,
    AlreadyMember, TooManyInvitations.
    """
    organization_id, now = command.organization_id, deps.clock.now()
    async with deps.database.transaction() as connection:
        role, _owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=organization_id
        )
        await _refuse_inactive(connection, command)
        refuse_adding(role, command.role)
        if await invitations.is_member(connection, organization_id, command.email):
            raise AlreadyMember(organization_id=organization_id)
        present = await invitations.find_sent_to(
            connection, organization_id, command.email, now=now
        )
        if present is not None:
            refuse_adding(role, present.role)
        elif await invitations.count_sent(connection, organization_id, now=now) >= MOST_OPEN:
            raise TooManyInvitations(organization_id=organization_id)
        invitation = await invitations.save(
            connection,
            organization_id,
            Invitation(new_id(), command.email, command.role, now, now + VALID_FOR),
            invited_by=command.by,
        )
        await attempt.keep(connection, invitation)
        return invitation


async def _refuse_inactive(connection: Connection, command: InviteMember) -> None:
    """Lock the sender, so that an invitation is never saved after its sender's have ended.

    Raises OrganizationNotFound, as for a member who is not active.
    """
    await users.lock(connection, command.by)
    sender = await users.find(connection, command.by)
    if sender is None or not sender.is_active:
        raise OrganizationNotFound(organization_id=command.organization_id)


async def cancel_invitation(
    command: CancelInvitation, deps: Deps, attempt: WriteAttempt[None]
) -> None:
    """Cancel an invitation; the role must be allowed to send it.

    Raises OrganizationNotFound, NotAllowed, InvitationNotFound.
    """
    organization_id = command.organization_id
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        role, _owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=organization_id
        )
        refuse_managing(role)
        invitation = await invitations.find_sent(
            connection, organization_id, command.invitation_id, now=deps.clock.now()
        )
        refuse_adding(role, invitation.role)
        await invitations.remove(connection, invitation.id)
