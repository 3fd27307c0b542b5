"""An identity provider changes the attributes of a member."""

from dataclasses import dataclass, replace

from linktime_common.contracts.events import next_version
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.organization import Role
from linktime_scim.domain.provisioning import Attributes, Provisioned, account_locale, search_keys
from linktime_scim.store import scim_members, users
from linktime_scim.use_cases.deactivate_member import deactivate_member
from linktime_scim.use_cases.publish_change import publish_member_change


@dataclass(frozen=True)
class ChangeMember:
    """`member` and its account are locked, the organization in share mode."""

    member: Provisioned
    attributes: Attributes
    active: bool


async def change_member(command: ChangeMember, connection: Connection, deps: Deps) -> Provisioned:
    """Change the member in the running transaction and return it.

    The account keeps e-mail, name and username; it follows `active` and a new language if the
    organization manages it. Raises UserNameTaken.
    """
    present, now = command.member, deps.clock.now()
    before = await users.find(connection, present.user_id)
    member = await scim_members.change(
        connection,
        present,
        active=command.active,
        attributes=command.attributes,
        keys=search_keys(command.attributes),
        version=next_version(0, now),
        now=now,
    )
    if before is None:
        return member
    is_managed = before.managed_by == present.organization_id
    locale = account_locale(command.attributes)
    gets_locale = is_managed and locale not in {None, account_locale(present.attributes)}
    if gets_locale:
        await users.set_locale(connection, before.id, locale)
    if not member.active:
        await deactivate_member(connection, member.organization_id, before)
    elif member.role is not Role.OWNER and not present.active and is_managed:
        await users.set_standing(connection, replace(before, active=True))
    await publish_member_change(connection, present.organization_id, before, deps)
    return member
