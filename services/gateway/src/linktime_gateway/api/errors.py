"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_gateway.domain.errors import (
    AccountInactive,
    ApiKeyExpired,
    ApiKeyInactive,
    ApiKeyNotFound,
    ApiKeyRevoked,
    CredentialRefused,
    InvalidApiKey,
    OrganizationNotFound,
    PathRefused,
    PlanWithoutApiKeys,
    PlanWithoutScim,
    SignUpOvertaken,
    UserNotFound,
)
from linktime_gateway.domain.limits import TooManyRequests

STATUSES: StatusTable = {
    PathRefused: 400,
    CredentialRefused: 401,
    InvalidApiKey: 401,
    ApiKeyRevoked: 401,
    ApiKeyExpired: 401,
    ApiKeyInactive: 401,
    PlanWithoutApiKeys: 403,
    PlanWithoutScim: 403,
    UserNotFound: 404,
    ApiKeyNotFound: 404,
    OrganizationNotFound: 404,
    AccountInactive: 409,
    SignUpOvertaken: 409,
    TooManyRequests: 429,
}
