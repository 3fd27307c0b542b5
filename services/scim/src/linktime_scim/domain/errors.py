"""Every refusal of this service."""

from linktime_common.errors import Refusal


class UserNotFound(Refusal):
    """User not found."""


class OrganizationNotFound(Refusal):
    """Organization not found."""


class MemberNotFound(Refusal):
    """Member not found."""


class AlreadyMember(Refusal):
    """This user is already a member."""


class InvitationNotFound(Refusal):
    """Invitation not found."""


class TooManyInvitations(Refusal):
    """This organization has 100 open invitations; cancel some before you invite others."""


class OwnerStays(Refusal):
    """The owner's own membership cannot be changed."""


class ManagedMember(Refusal):
    """The organization's identity provider manages this account; remove the person there."""


class InactiveOwner(Refusal):
    """An inactive account cannot own an organization; activate it first."""


class OrganizationHasMembers(Refusal):
    """This user owns an organization with other members; remove them before you delete the user."""


class NotAllowed(Refusal):
    """Your role in this organization does not allow this."""

    code = "role_not_enough"


class AlreadyProvisioned(Refusal):
    """This user is already provisioned in this organization."""


class UserNameTaken(Refusal):
    """Another user of this organization has this userName."""


class NeedsBusiness(Refusal):
    """SCIM needs an organization on the Business plan."""

    code = "plan_required"


class PlanNotYours(Refusal):
    """Plans are given by the operator of this installation."""


class EmailTaken(Refusal):
    """An account with this e-mail already exists."""


class UserIdTaken(Refusal):
    """An account with this id and another e-mail already exists."""


class UsernameTaken(Refusal):
    """This username is already taken."""


class TooManyUsernames(Refusal):
    """This account has 10 former usernames, each kept for 90 days; change the username later."""


class DomainTaken(Refusal):
    """Another organization has verified this domain."""
