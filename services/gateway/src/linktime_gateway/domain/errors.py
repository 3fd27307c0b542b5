"""Every refusal of the gateway; a docstring's first line is the sentence its caller reads."""

from linktime_common.errors import Refusal


class PathRefused(Refusal):
    """The path is not allowed."""


class CredentialRefused(Refusal):
    """The credential is not accepted."""


class InvalidApiKey(CredentialRefused):
    """Missing or invalid API key."""


class ApiKeyRevoked(CredentialRefused):
    """This API key has been revoked."""


class ApiKeyExpired(CredentialRefused):
    """This API key has expired."""


class ApiKeyInactive(CredentialRefused):
    """The owner of this API key is inactive or on a plan without API keys."""


class UserNotFound(Refusal):
    """User not found."""


class ApiKeyNotFound(Refusal):
    """API key not found."""


class OrganizationNotFound(Refusal):
    """Organization not found."""


class AccountInactive(Refusal):
    """The account is inactive."""


class PlanWithoutApiKeys(Refusal):
    """API keys need the Pro or Business plan."""


class PlanWithoutScim(Refusal):
    """SCIM needs an organization on the Business plan."""


class SignUpOvertaken(Refusal):
    """Another sign-up with this e-mail is under way; please try again."""


class TooManyRequests(Refusal):
    """Too many requests; please wait before you try again."""
