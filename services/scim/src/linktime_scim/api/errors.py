"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_scim.domain.errors import (
    AlreadyMember,
    AlreadyProvisioned,
    DomainTaken,
    EmailTaken,
    InvitationNotFound,
    MemberNotFound,
    NeedsBusiness,
    NotAllowed,
    OrganizationHasMembers,
    OrganizationNotFound,
    OwnerStays,
    PlanNotYours,
    TooManyInvitations,
    TooManyUsernames,
    UserIdTaken,
    UserNameTaken,
    UsernameTaken,
    UserNotFound,
)

STATUSES: StatusTable = {
    UserNotFound: 404,
    OrganizationNotFound: 404,
    MemberNotFound: 404,
    InvitationNotFound: 404,
    NotAllowed: 403,
    NeedsBusiness: 403,
    PlanNotYours: 403,
    AlreadyMember: 409,
    TooManyInvitations: 409,
    AlreadyProvisioned: 409,
    UserNameTaken: 409,
    OwnerStays: 409,
    OrganizationHasMembers: 409,
    EmailTaken: 409,
    UserIdTaken: 409,
    UsernameTaken: 409,
    TooManyUsernames: 409,
    DomainTaken: 409,
}
