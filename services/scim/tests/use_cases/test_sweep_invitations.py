"""Expired invitations are deleted, with the addresses in them."""

from datetime import timedelta

import pytest

from linktime_common.ids import new_id
from linktime_scim.deps import Deps
from linktime_scim.domain.invitation import Invitation
from linktime_scim.domain.organization import Role
from linktime_scim.store import invitations
from linktime_scim.use_cases.create_organization import CreateOrganization, create_organization
from linktime_scim.use_cases.sweep_invitations import sweep_invitations

from .accounts import NOW, NewUser


async def test_the_job_deletes_what_has_expired(
    deps: Deps, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All batches in one run; open ones remain."""
    monkeypatch.setattr(invitations, "CLEAR_BATCH", 2)
    owner = await new_user()
    organization = await create_organization(CreateOrganization("Acme", owner.id), deps)
    async with deps.database.transaction() as connection:
        for days in range(-3, 2):
            expires = NOW + timedelta(days=days)
            one = Invitation(new_id(), f"{days}@example.com", Role.MEMBER, NOW, expires)
            await invitations.save(connection, organization.id, one, invited_by=owner.id)
    await sweep_invitations(deps)
    async with deps.database.connection() as connection:
        left = await connection.fetch("SELECT email FROM invitations")
    assert [row["email"] for row in left] == ["1@example.com"]
