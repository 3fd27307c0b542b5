"""Organizations and their domains over HTTP."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from .calls import Ask, person


async def organization(ask: Ask, **owner: Any) -> dict[str, Any]:
    _, made = await ask("POST", "/internal/users", person(**owner))
    body = {"name": "Acme", "ownerId": made["user"]["id"]}
    status, answer = await ask("POST", "/internal/organizations", body)
    assert status == 201
    return dict(answer)


async def test_an_organization_has_its_owners_plan(ask: Ask) -> None:
    """Created by the operator, read by the gateway."""
    made = await organization(ask, plan="PRO")
    assert made == {
        "id": made["id"],
        "name": "Acme",
        "ownerId": made["ownerId"],
        "plan": "PRO",
        "verifiedDomains": [],
    }
    path = f"/internal/organizations/{made['id']}"
    assert await ask("GET", path, issuer="gateway") == (200, made)
    await ask("PUT", f"/internal/users/{made['ownerId']}/plan", {"plan": "BUSINESS"})
    assert (await ask("GET", path))[1]["plan"] == "BUSINESS"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"name": "\x00"}, "name"),
        ({"ownerId": "me"}, "ownerId"),
        ({"ownerId": None}, "ownerId"),
        ({"owner_id": str(uuid4())}, "owner_id"),
    ],
)
async def test_a_bad_organization_is_refused(ask: Ask, fields: dict[str, Any], field: str) -> None:
    """With the field."""
    body = {"name": "Acme", "ownerId": str(uuid4()), **fields}
    status, answer = await ask("POST", "/internal/organizations", body)
    assert (status, list(answer["details"])) == (400, [field])


async def test_an_unknown_owner_is_not_found(ask: Ask) -> None:
    """Every organization has an owner."""
    body = {"name": "Acme", "ownerId": str(uuid4())}
    assert await ask("POST", "/internal/organizations", body) == (
        404,
        {"error": "User not found", "code": "user_not_found"},
    )


async def test_domains_are_verified_once_in_one_spelling(ask: Ask) -> None:
    """A repeat changes nothing; they are listed in order."""
    made = await organization(ask)
    path = f"/internal/organizations/{made['id']}/domains"
    for domain in ("Zebra.Example", "bücher.example", "xn--bcher-kva.example", " zebra.example "):
        status, answer = await ask("POST", path, {"domain": domain})
        assert status == 200
    assert answer["verifiedDomains"] == sorted(["zebra.example", "bücher.example"])


@pytest.mark.parametrize(
    "domain",
    ["", "com", "a b.com", "a@b.com", "-a.com", "a..com", "x" * 300 + ".com", "a\x00.com", None, 1],
)
async def test_a_malformed_domain_is_refused(ask: Ask, domain: Any) -> None:
    """With the field."""
    made = await organization(ask)
    path = f"/internal/organizations/{made['id']}/domains"
    status, answer = await ask("POST", path, {"domain": domain})
    assert (status, list(answer["details"])) == (400, ["domain"])


async def test_concurrent_requests_give_a_domain_to_one_organization(ask: Ask) -> None:
    """The holder manages the domain's accounts, so there must be only one."""
    made = [await organization(ask) for _ in range(10)]
    answers = await asyncio.gather(
        *(
            ask("POST", f"/internal/organizations/{one['id']}/domains", {"domain": "one.example"})
            for one in made
        )
    )
    assert sorted(status for status, _ in answers) == [200] + [409] * 9
    refused = next(answer for status, answer in answers if status == 409)
    assert refused == {
        "error": "Another organization has verified this domain",
        "code": "domain_taken",
    }


@pytest.mark.parametrize("organization_id", ["9530514d-34ef-45dc-b2de-62be36eb2062", "acme"])
async def test_an_unknown_organization_is_not_found(ask: Ask, organization_id: str) -> None:
    """Malformed and unknown ids get the same 404."""
    path = f"/internal/organizations/{organization_id}"
    not_found = (404, {"error": "Organization not found", "code": "organization_not_found"})
    assert await ask("GET", path) == not_found
    assert await ask("POST", f"{path}/domains", {"domain": "x.example"}) == not_found


async def test_the_gateway_asks_for_a_members_role(ask: Ask) -> None:
    """The owner's; other users and unknown organizations are not found."""
    made = await organization(ask)
    members = f"/internal/organizations/{made['id']}/members"
    assert await ask("GET", f"{members}/{made['ownerId']}", issuer="gateway") == (
        200,
        {"role": "owner"},
    )
    for path in (
        f"{members}/{uuid4()}",
        f"{members}/me",
        f"/internal/organizations/{uuid4()}/members/{made['ownerId']}",
    ):
        assert (await ask("GET", path, issuer="gateway"))[0] == 404


async def test_the_operator_lists_all_organizations_in_pages(ask: Ask) -> None:
    """By id, each once, with the owner's e-mail; services may not."""
    made = [await organization(ask) for _ in range(3)]
    found: list[dict[str, Any]] = []
    path = "/internal/organizations?limit=2"
    after = ""
    while True:
        status, page = await ask("GET", path + after)
        assert status == 200
        found += page["data"]
        if page["nextAfter"] is None:
            break
        after = f"&after={page['nextAfter']}"
    ids = [one["id"] for one in found]
    assert ids == sorted(set(ids))
    by_id = {one["id"]: one for one in found}
    for one in made:
        owner = (await ask("GET", f"/internal/users/{one['ownerId']}"))[1]["user"]
        assert by_id[one["id"]] == {**one, "ownerEmail": owner["email"]}
    assert (await ask("GET", path, issuer="gateway"))[0] == 503


async def test_the_operator_lists_the_members_of_an_organization(ask: Ask) -> None:
    """As its owner sees them; an unknown organization is 404."""
    made = await organization(ask)
    status, page = await ask("GET", f"/internal/organizations/{made['id']}/members")
    assert status == 200
    (member,) = page["data"]
    assert (member["id"], member["role"], member["active"]) == (made["ownerId"], "owner", True)
    assert page["pagination"]["total"] == 1
    assert (await ask("GET", f"/internal/organizations/{uuid4()}/members"))[0] == 404
