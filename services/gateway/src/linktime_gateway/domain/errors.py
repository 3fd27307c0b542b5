"""The refusals of the gateway; the first line of a docstring is the error message."""

from typing import Any

from linktime_common.errors import InvalidRequest, Refusal
from linktime_gateway.domain.passwords import PasswordProblem


class PathRefused(Refusal):
    """The path is not allowed."""

    code = "invalid_path"


class CredentialRefused(Refusal):
    """The credential is not accepted."""


class InvalidApiKey(CredentialRefused):
    """Missing or invalid API key."""


class ApiKeyRevoked(CredentialRefused):
    """This API key has been revoked."""

    code = "key_revoked"


class ApiKeyExpired(CredentialRefused):
    """This API key has expired."""

    code = "key_expired"


class ApiKeyInactive(CredentialRefused):
    """The owner of this API key is inactive or on a plan without API keys."""

    code = "key_inactive"


class InvalidScimToken(CredentialRefused):
    """Missing or invalid SCIM token."""


class ScimTokenRevoked(CredentialRefused):
    """This SCIM token has been revoked."""


class NotSignedIn(CredentialRefused):
    """Please sign in."""


class SignInRefused(CredentialRefused):
    """The e-mail or the password is wrong."""


class ForeignRequest(Refusal):
    """The request does not come from the dashboard's own pages."""


class TooManyAttempts(Refusal):
    """Too many attempts to sign in; please try again later."""

    def __init__(self, *, retry_after: int, **facts: Any) -> None:
        """`retry_after` is in whole seconds."""
        super().__init__(**facts)
        self.retry_after = retry_after


class TooManyResets(TooManyAttempts):
    """Too many requests for a new password; please try again later."""


class AccountLinkEnded(Refusal):
    """This link is not valid: it has been used, has expired, or a later one replaces it."""


class MailNotWanted(Refusal):
    """The mail is of no use to this account."""


class AddressUnknown(Refusal):
    """The account does not have this address, or not yet."""


class NoPassword(Refusal):
    """This account signs in without a password."""


class PasswordChanged(Refusal):
    """The password has just been changed; please try again."""


class PasswordRefused(InvalidRequest):
    """The new password in this field is not acceptable."""

    def __init__(self, field: str, problem: PasswordProblem) -> None:
        super().__init__({field: problem.sentence})
        self.problem = problem


class ScimTokenNotFound(Refusal):
    """SCIM token not found."""


class UserNotFound(Refusal):
    """User not found."""


class ApiKeyNotFound(Refusal):
    """API key not found."""


class OrganizationNotFound(Refusal):
    """Organization not found."""


class RoleNotEnough(Refusal):
    """Your role in this organization does not allow this."""


class AccountInactive(Refusal):
    """The account is inactive."""


class PlanWithoutApiKeys(Refusal):
    """API keys need the Pro or Business plan."""

    code = "plan_required"


class TooManyApiKeys(Refusal):
    """This user has as many API keys as allowed; revoke one that is no longer used."""


class TooManyScimTokens(Refusal):
    """This organization has as many SCIM tokens as allowed; revoke one that is no longer used."""


class PlanWithoutScim(Refusal):
    """SCIM needs an organization on the Business plan."""

    code = "plan_required"


class SignUpOvertaken(Refusal):
    """Another sign-up with this e-mail is under way; please try again."""


class TooManyRequests(Refusal):
    """Too many requests; please wait before you try again."""

    code = "rate_limited"
