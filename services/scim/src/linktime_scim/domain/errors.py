"""Every refusal of this service."""

from linktime_common.errors import Refusal


class UserNotFound(Refusal):
    """User not found."""


class OrganizationNotFound(Refusal):
    """Organization not found."""


class EmailTaken(Refusal):
    """An account with this e-mail already exists."""


class UserIdTaken(Refusal):
    """An account with this id and another e-mail already exists."""


class UsernameTaken(Refusal):
    """This username is already taken."""


class DomainTaken(Refusal):
    """Another organization has verified this domain."""
