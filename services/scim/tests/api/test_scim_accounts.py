"""Accounts that a provider creates or links, and the effects on them and on others."""

from uuid import uuid4

from .calls import Ask
from .provider import Provider
from .scim_people import another, domain_of, signed_up


async def test_a_new_account_takes_email_and_name_once(provider: Provider) -> None:
    """The resource id is the membership's; later changes do not reach the account."""
    email = f"{uuid4().hex}@example.com"
    made = await provider.make(
        userName=email,
        displayName="José Ñandú",
        emails=[
            {"value": "private@example.com", "type": "home"},
            {"value": email.upper(), "type": "work", "primary": True},
        ],
    )
    account = await provider.account(email)
    assert (account["name"], account["email"]) == (
        "José Ñandú",
        f"{email[:32].upper()}@example.com",
    )
    assert account["id"] != made["id"]
    assert await provider.event_types(account) == ["user.created"]
    changes = {"userName": "other@example.com", "displayName": "Eve", "name": {"givenName": "E"}}
    emails = [{"value": "eve@example.com", "primary": True}]
    put = await provider.call("PUT", f"/Users/{made['id']}", {**made, **changes, "emails": emails})
    assert (put.status, put.body["userName"]) == (200, "other@example.com")
    assert await provider.account(email) == account
    assert await provider.event_types(account) == ["user.created"]


async def test_a_managed_account_follows_active(provider: Provider) -> None:
    """Deactivated and reactivated under the same id; one event for each change, none for repeats.

    Okta's CRUD test: create, update, deactivate, reactivate, unassign.
    """
    made = await provider.make()
    account = await provider.account(made["userName"])
    for value in (False, False, True, True, False):
        await provider.set_active(made, value=value)
    assert (await provider.account(made["userName"]))["active"] is False
    assert await provider.event_types(account) == [
        "user.created",
        "user.deactivated",
        "user.updated",
        "user.deactivated",
    ]
    events = await provider.events(account["id"])
    versions = [event["aggregateversion"] for event in events]
    assert versions == sorted(set(versions))


async def test_deleting_ends_the_inactivity(provider: Provider) -> None:
    """The membership ends, the account is active and unmanaged, its bookings are cancelled."""
    made = await provider.make()
    account = await provider.account(made["userName"])
    await provider.set_active(made, value=False)
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert (await provider.account(made["userName"]))["active"] is True
    events = await provider.events(account["id"])
    assert [event["type"] for event in events[-2:]] == ["user.updated", "member.deprovisioned"]
    gone = events[-1]
    assert (gone["subject"], gone["ownerid"]) == (made["id"], account["id"])
    assert gone["data"] == {
        "organizationId": str(provider.organization),
        "userId": account["id"],
    }
    assert await provider.rows(
        "SELECT managed_by, active FROM users WHERE id = $1", account["id"]
    ) == [(None, True)]
    assert await provider.rows("SELECT 1 FROM memberships WHERE user_id = $1", account["id"]) == []


async def test_provisioned_again_after_deleting(provider: Provider) -> None:
    """The account is linked again under another id, unmanaged without a verified domain.

    FusionAuth/fusionauth-issues#3244; Budibase/budibase#17628; kirodotdev/Kiro#10711
    """
    made = await provider.make()
    account = await provider.account(made["userName"])
    await provider.call("DELETE", f"/Users/{made['id']}")
    again = await provider.make(userName=made["userName"], emails=made["emails"])
    assert again["id"] != made["id"]
    assert (await provider.account(made["userName"]))["id"] == account["id"]
    await provider.set_active(again, value=False)
    assert (await provider.account(made["userName"]))["active"] is True


async def test_created_inactive(provider: Provider) -> None:
    """An account may be created inactive; its first event says so."""
    made = await provider.make(active=False)
    account = await provider.account(made["userName"])
    assert (made["active"], account["active"]) == (False, False)
    assert await provider.event_types(account) == ["user.created"]
    assert ((await provider.events(account["id"]))[-1]["data"]["user"])["active"] is False


async def test_a_link_without_the_domain_changes_membership_and_plan_only(
    provider: Provider, ask: Ask
) -> None:
    """Name, address and credentials are unchanged; `active` only decides the plan.

    lightdash/lightdash#22402
    """
    email = f"{uuid4().hex}@example.com"
    before = await signed_up(ask, email)
    made = await provider.make(userName=email, displayName="Somebody Else")
    after = await provider.account(email)
    assert after == before | {"effectivePlan": "BUSINESS"}
    await provider.set_active(made, value=False)
    assert await provider.account(email) == before
    await provider.set_active(made, value=True)
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert await provider.account(email) == before
    assert await provider.event_types(before) == ["user.created", *["user.updated"] * 4]


async def test_a_link_with_the_domain_manages(provider: Provider, ask: Ask) -> None:
    """Credentials of an unverified address end; those of a verified one stay valid."""
    domain = await domain_of(provider, ask)
    for verified in (False, True):
        email = f"{uuid4().hex}@{domain}"
        before = await signed_up(ask, email, emailVerified=verified)
        made = await provider.make(userName=email)
        after = await provider.account(email)
        assert (after["credentialsValidFrom"] is None) is verified
        assert ((await provider.events(before["id"]))[-1]["data"]["user"]) == after
        await provider.set_active(made, value=False)
        assert (await provider.account(email))["active"] is False
        assert (await provider.event_types(before))[-1] == "user.deactivated"
        await provider.call("DELETE", f"/Users/{made['id']}")
        assert (await provider.event_types(before))[-1] == "member.deprovisioned"
        # At the second link the address is verified: no credentials end again.
        ended = (await provider.account(email))["credentialsValidFrom"]
        await provider.make(userName=email)
        assert (await provider.account(email))["credentialsValidFrom"] == ended


async def test_the_manager_of_an_account_stays(provider: Provider, ask: Ask) -> None:
    """Another organization without the domain only links it; only the manager changes it."""
    email = f"{uuid4().hex}@d{uuid4().hex}.example"
    other = await another(provider, ask)
    theirs = await other.make(userName=email)
    account = await provider.account(email)
    made = await provider.make(userName=email)
    await provider.set_active(made, value=False)
    assert (await provider.account(email))["active"] is True
    await other.set_active(theirs, value=False)
    assert (await provider.account(email))["active"] is False
    await provider.set_active(made, value=True)
    assert (await provider.account(email))["active"] is False
    await provider.call("DELETE", f"/Users/{made['id']}")
    assert "member.deprovisioned" not in await provider.event_types(account)
    assert (await provider.account(email))["active"] is False


async def test_other_organizations_members_are_not_found(provider: Provider, ask: Ask) -> None:
    """404 for each method, and no list or filter shows them; userName may be used again."""
    other = await another(provider, ask)
    made = await provider.make()
    path = f"/Users/{made['id']}"
    assert (await other.call("GET", path)).error == (404, None)
    assert (await other.call("PUT", path, made)).error == (404, None)
    assert (await other.call("DELETE", path)).error == (404, None)
    replace = {"op": "replace", "path": "active", "value": False}
    assert (await other.patch(made["id"], replace)).error == (404, None)
    assert (await other.call("GET", "/Users")).body["totalResults"] == 0
    assert await other.names(f'userName eq "{made["userName"]}"') == []
    assert await other.names('userName co "@"') == []
    assert (await provider.call("GET", path)).body == made
    await other.make(userName=made["userName"], emails=[{"value": f"{uuid4().hex}@example.com"}])
