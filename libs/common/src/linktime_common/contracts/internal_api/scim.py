"""Calls of gateway, availability, bookings and the operator to scim's internal port.

POST /internal/users                     NewUser → 201 DirectoryUser; 200 when that id exists with
    that e-mail; 409 the e-mail or username is taken; 400 the username is not allowed
GET  /internal/users/{id}                → 200 DirectoryUser; 404
POST /internal/users/lookup              WantedUsers → 200 DirectoryUsers, those that exist, by id
POST /internal/users/{id}/republish      → 200 DirectoryUser in a new version (operator); 404
GET  /internal/users?email=…             → 200 DirectoryUsers with none or one
GET  /internal/users?username=…          → 200 DirectoryUsers with none or one
GET  /internal/users?after=…&limit=…     → 200 DirectoryUsers, by id; for lists and resync
DELETE /internal/users/{id}              → 200 UserDeletion (operator); 404; 409 it owns an
    organization with other members
PUT  /internal/users/{id}/plan           {plan} → 200 DirectoryUser (operator)
PUT  /internal/users/{id}/active         {active} → 200 DirectoryUser (operator); 409 managed
GET  /internal/organizations?after=…&limit=…  → 200 ListedOrganizations, by id (operator)
POST /internal/organizations             NewOrganization → 201 OrganizationView (operator)
GET  /internal/organizations/{id}        → 200 OrganizationView; 404
GET  /internal/organizations/{id}/members?page=…&limit=…  → 200 as on the dashboard (operator)
GET  /internal/organizations/{id}/members/{user_id}  → 200 OrganizationRole; 404 no active member
DELETE /internal/organizations/{id}/members/{user_id}  → 200 (operator); 404; 409 the owner, or
    managed by the organization's identity provider
PUT  /internal/organizations/{id}/owner  NewOwner → 200 OrganizationView (operator); 404 no active
    member; 409 inactive account
POST /internal/organizations/{id}/domains  {domain} → 200 OrganizationView (operator)
"""

from uuid import UUID

from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.contracts.wire import WireModel


class NewUser(WireModel):
    """`id` is chosen by the caller, so that a retry finds the account of the first attempt."""

    id: UUID
    email: str
    name: str
    username: str | None = None  # made from the name when None
    plan: Plan | None = None  # the service's default when None
    timezone: str = "UTC"
    locale: str | None = None
    email_verified: bool = False  # whether the caller has verified the address


class DirectoryUser(WireModel):
    """An account's whole state with its version; projections store it only if it is newer."""

    user: UserState
    version: int


class WantedUsers(WireModel):
    """Accounts that are read by one request."""

    ids: list[UUID]  # 100 at most


class DirectoryUsers(WireModel):
    data: list[DirectoryUser]
    next_after: UUID | None  # None on the last page


class NewOrganization(WireModel):
    name: str
    owner_id: UUID


class NewOwner(WireModel):
    user_id: UUID


class OrganizationView(WireModel):
    id: UUID
    name: str
    owner_id: UUID
    plan: Plan  # that of the owner
    verified_domains: list[str]


class ListedOrganization(OrganizationView):
    owner_email: str


class ListedOrganizations(WireModel):
    data: list[ListedOrganization]
    next_after: UUID | None  # None on the last page


class OrganizationRole(WireModel):
    """`owner`, `admin` or `member`."""

    role: str
