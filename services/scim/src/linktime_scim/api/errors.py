"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_scim.domain.errors import (
    DomainTaken,
    EmailTaken,
    OrganizationNotFound,
    UserIdTaken,
    UsernameTaken,
    UserNotFound,
)

STATUSES: StatusTable = {
    UserNotFound: 404,
    OrganizationNotFound: 404,
    EmailTaken: 409,
    UserIdTaken: 409,
    UsernameTaken: 409,
    DomainTaken: 409,
}
