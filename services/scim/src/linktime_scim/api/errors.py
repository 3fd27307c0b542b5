"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_scim.domain.errors import (
    AlreadyMember,
    DomainTaken,
    EmailTaken,
    MemberNotFound,
    NotAllowed,
    OrganizationNotFound,
    OwnerStays,
    PlanNotYours,
    UserIdTaken,
    UsernameTaken,
    UserNotFound,
)

STATUSES: StatusTable = {
    UserNotFound: 404,
    OrganizationNotFound: 404,
    MemberNotFound: 404,
    NotAllowed: 403,
    PlanNotYours: 403,
    AlreadyMember: 409,
    OwnerStays: 409,
    EmailTaken: 409,
    UserIdTaken: 409,
    UsernameTaken: 409,
    DomainTaken: 409,
}
