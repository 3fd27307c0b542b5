"""What an organization sees of its members' accounts."""

from dataclasses import dataclass, replace
from uuid import UUID

from linktime_scim.domain.organization import Member
from linktime_scim.domain.provisioning import Attributes, main_email, person_name


@dataclass(frozen=True)
class Joining:
    """How a person became a member; `attributes` if only the identity provider added them.

    `holds_domain`: the organization has verified the domain of the account's e-mail.
    """

    membership_id: UUID
    attributes: Attributes | None
    holds_domain: bool


def shown_to_organization(member: Member, joining: Joining) -> Member:
    """Return the member without what the organization may not know of the account.

    A provider can add any address. Without the person's consent or the domain, the organization
    sees what the provider sent, whether the account was created or linked. The account's id is
    hidden too, as it contains the time at which the account was created.
    """
    if joining.attributes is None or joining.holds_domain:
        return member
    return replace(
        member,
        id=joining.membership_id,
        email=main_email(joining.attributes),
        name=person_name(joining.attributes),
        username=None,
    )
