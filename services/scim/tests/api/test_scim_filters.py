"""Supported filters and their results; other filters are refused."""

import time
from typing import Any
from uuid import uuid4

import pytest

from .provider import SEARCH, USER, Provider

ANN, BOB, EVE = "Ann.Lee@Example.com", "bob@example.com", "eve"


@pytest.fixture
async def people(provider: Provider) -> Provider:
    """Three members with wildcards and quotes in their attributes."""
    await provider.make(
        userName=ANN,
        externalId="A-1",
        displayName="Ann Lee",
        emails=[
            {"value": f"Ann-{uuid4().hex[:8]}@Work.example", "type": "work", "primary": True},
            {"value": "ann@home.example", "type": "home"},
        ],
    )
    await provider.make(
        userName=BOB,
        externalId="a-1",
        displayName="100% Bob_by",
        emails=[{"value": f"bob-{uuid4().hex[:8]}@work.example", "type": "Work"}],
    )
    await provider.make(
        userName=EVE,
        displayName='Straße "5\\6"',
        emails=[{"value": f"{uuid4().hex[:8]}@example.com"}],
    )
    return provider


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName eq "ann.lee@EXAMPLE.com"', [ANN]),
        ('USERNAME Eq "ann.lee@example.com"', [ANN]),
        ('userName sw "ANN"', [ANN]),
        ('userName co "EXAMPLE"', [ANN, BOB]),
        ('userName co ""', [ANN, BOB, EVE]),
        ('userName eq ""', []),
        (f'{USER}:userName eq "eve"', [EVE]),
        ('externalId eq "A-1"', [ANN]),
        ('externalId eq "a-1"', [BOB]),
        ('externalId sw "a"', [BOB]),
        ('externalId co "-1"', [ANN, BOB]),
        ('externalId co ""', [ANN, BOB]),
        ('displayName eq "ANN LEE"', [ANN]),
        ('displayName sw "ann"', [ANN]),
        ('displayName co "0% b"', [BOB]),
        ('displayName co "%"', [BOB]),
        ('displayName co "_"', [BOB]),
        ('displayName sw "1__%"', []),
        ('displayName eq "STRAẞE \\"5\\\\6\\""', [EVE]),
        ('displayName eq "STRASSE \\"5\\\\6\\""', []),
        ('displayName co "5\\\\"', [EVE]),
        ('emails.value sw "ann-"', [ANN]),
        ('emails.value eq "ANN@home.example"', [ANN]),
        ('emails.value eq ""', []),
        ('emails.value eq "nn@home.example"', []),
        ('emails.value eq "ann@home.exampl"', []),
        ('emails.value co "work.EXAMPLE"', [ANN, BOB]),
        ('emails co "@home"', [ANN]),
        ('emails[type eq "work"].value co "@"', [ANN, BOB]),
        ('emails[type eq "WORK"].value sw "bob-"', [BOB]),
        ('emails[type eq "work"].value eq "ann@home.example"', []),
        ('emails[type eq "work" and value co "ann"]', [ANN]),
        ('emails[value co "@example.com"]', [EVE]),
        ('userName eq "eve" or userName eq "bob@example.com"', [BOB, EVE]),
        ('userName sw "ann" and externalId eq "A-1"', [ANN]),
        ('userName sw "ann" and externalId eq "a-1"', []),
        ('userName eq "eve" or userName sw "b" and externalId eq "nothing"', [EVE]),
        ('(userName eq "eve" or userName sw "b") and externalId eq "a-1"', [BOB]),
        ('  userName   eq   "eve"  ', [EVE]),
        ("userName eq \"eve' OR '1'='1\"", []),
        ('userName eq "$1"', []),
    ],
)
async def test_supported_filters(people: Provider, text: str, found: list[str]) -> None:
    """externalId is case-sensitive, the others are not; wildcards are ordinary characters.

    open-webui/open-webui#18039; wso2/product-is#3375, #5140; simpleidserver/SimpleIdServer#489
    """
    assert await people.names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq eve",
        'userName eq "eve',
        'userName eq "eve" and',
        'userName ne "eve"',
        'userName ew "eve"',
        'userName gt "eve"',
        "userName pr",
        'not (userName eq "eve")',
        "userName eq null",
        "userName eq true",
        "userName eq 5",
        "userName co null",
        "active eq true",
        "active eq false",
        'id eq "x"',
        'name.familyName eq "Lee"',
        'meta.lastModified gt "2020-01-01T00:00:00Z"',
        'title eq "x"',
        'nothing eq "x"',
        'userName.value eq "x"',
        'title eq "x" and userName eq "eve"',
        'emails.type eq "work"',
        'emails[type eq "work"]',
        'emails[type eq "home"].value eq "x"',
        'emails[type eq "work" or value eq "x"]',
        'emails[value eq "x" and value eq "y"]',
        'emails[not (value eq "x")]',
        'name[familyName eq "x"]',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x"',
        'userName eq "\\u0000"',
        'userName eq "\\ud800"',
        'emails.value co "\\n"',
        'userName eq "a"; DROP TABLE users',
        'userName eq "eve" --',
        "userName eq 'eve'",
    ],
)
async def test_other_filters_are_refused(people: Provider, text: str) -> None:
    """400 invalidFilter: after an empty list a provider would create every user again.

    authorizerdev/authorizer#705
    """
    assert (await people.find(text)).error == (400, "invalidFilter")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + 'userName eq "a"' + ")" * 5_000,
        "not (" * 400 + 'userName eq "a"' + ")" * 400,
        " or ".join(['userName eq "a"'] * 5_000),
        'userName eq "' + "a" * 100_000 + '"',
        'userName eq "' + "%" * 100_000,
        "a." * 50_000,
        "emails[" * 1_000,
        '"' * 100_000,
        " and ".join([f'displayName co "{number}"' for number in range(40)]),
    ],
    ids=["brackets", "nots", "terms", "long", "wildcards", "dots", "nesting", "quotes", "many"],
)
async def test_hostile_filters_are_refused_at_once(provider: Provider, text: str) -> None:
    """Before they are parsed; the server still handles the next request."""
    began = time.monotonic()
    body = {"schemas": [SEARCH], "filter": text}
    assert (await provider.call("POST", "/Users/.search", body)).error == (400, "invalidFilter")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["attributes", "excludedAttributes"])
@pytest.mark.parametrize("chosen", ["a," * 3_000, ["userName"] * 1_000, ["a" * 3_000]])
async def test_hostile_attribute_lists_are_refused_at_once(
    provider: Provider, name: str, chosen: Any
) -> None:
    """The list of attributes to show is limited; in a query of one user too."""
    body = {"schemas": [SEARCH], name: chosen}
    assert (await provider.call("POST", "/.search", body)).error == (400, "invalidValue")
    made = await provider.make()
    params = {name: "a," * 1_500}
    reply = await provider.call("GET", f"/Users/{made['id']}", params=params)
    assert reply.error == (400, "invalidValue")


@pytest.mark.parametrize("path", ["/.search", "/Users/.search"])
@pytest.mark.parametrize("name", ["attributes", "excludedAttributes", "filter", "count"])
@pytest.mark.parametrize("depth", [20, 300, 1_000])
async def test_deep_searches(provider: Provider, path: str, name: str, depth: int) -> None:
    """Nested lists are refused with a SCIM error, at any depth."""
    body = f'{{"schemas":["{SEARCH}"],"{name}":'.encode() + b"[" * depth + b"]" * depth + b"}"
    status, _kind = (await provider.call("POST", path, body)).error
    assert status == 400


@pytest.mark.parametrize(
    ("params", "total", "start", "shown"),
    [
        ({"count": "0"}, 3, 1, 0),
        ({"count": "-5"}, 3, 1, 0),
        ({"count": "2"}, 3, 1, 2),
        ({"count": "100000"}, 3, 1, 3),
        ({"startIndex": "0"}, 3, 1, 3),
        ({"startIndex": "-7"}, 3, 1, 3),
        ({"startIndex": "3"}, 3, 3, 1),
        ({"startIndex": "4"}, 3, 4, 0),
        ({"startIndex": "9" * 30}, 3, 2**62, 0),
        ({"startIndex": str(2**62)}, 3, 2**62, 0),
    ],
)
async def test_pages(
    people: Provider, params: dict[str, str], total: int, start: int, shown: int
) -> None:
    """A number out of range becomes the nearest valid one; Resources is present when empty."""
    reply = await people.call("GET", "/Users", params=params)
    assert reply.status == 200
    assert (reply.body["totalResults"], reply.body["startIndex"]) == (total, start)
    assert (reply.body["itemsPerPage"], len(reply.body["Resources"])) == (shown, shown)


@pytest.mark.parametrize("value", ["x", "1.5", "", "1_0", "+1", " 1", "1.0", "٣", "1e1"])
@pytest.mark.parametrize("name", ["startIndex", "count"])
async def test_a_page_is_a_whole_number(provider: Provider, name: str, value: str) -> None:
    """400 invalidValue with the parameter, in a query and in a body."""
    for reply in (
        await provider.call("GET", "/Users", params={name: value}),
        await provider.call("POST", "/Users/.search", {"schemas": [SEARCH], name: value}),
    ):
        assert reply.error == (400, "invalidValue")
        assert reply.body["detail"] == f"{name} must be a whole number"
    for other in (True, 1.0, [1]):
        reply = await provider.call("POST", "/.search", {"schemas": [SEARCH], name: other})
        assert reply.error == (400, "invalidValue")


async def test_a_page_has_at_most_a_hundred(provider: Provider) -> None:
    """Also with a higher count, and without one."""
    await provider.rows(FILL, provider.organization, 101)
    for params in ({"count": "5000"}, {}):
        reply = await provider.call("GET", "/Users", params=params)
        assert (reply.body["totalResults"], len(reply.body["Resources"])) == (101, 100)


FILL = """
    WITH made AS (
        INSERT INTO users (id, email, email_key, name, username, timezone, plan, version,
                           created_at, updated_at)
        SELECT gen_random_uuid(), name, name, 'n', name, 'UTC', 'FREE', 1, now(), now()
          FROM generate_series(1, $2::int) AS n,
               LATERAL (SELECT $1::uuid || '-' || n AS name) AS named
        RETURNING id, email
    )
    INSERT INTO memberships (organization_id, user_id, role, created_at, scim_attributes,
                             scim_active, scim_version, scim_created_at, scim_updated_at,
                             user_name_key, emails_key)
    SELECT $1::uuid, id, 'member', now(), jsonb_build_object('userName', email), true, 1, now(),
           now(), email, ''
      FROM made
"""


async def test_each_filter_has_an_index(provider: Provider) -> None:
    """PostgreSQL can use an index for every comparison; `userName eq` reads one row."""
    plans: dict[str, Any] = {}
    for name, condition in {
        "name": "user_name_key = 'x'",
        "external": "external_id = 'x'",
        "display": "display_name_key = 'x'",
        "contains": "user_name_key LIKE '%xyz%'",
        "contains external": "external_id LIKE '%xyz%'",
        "starts": "display_name_key LIKE 'xyz%'",
        "contains display": "display_name_key LIKE '%xyz%'",
        "contains email": "emails_key LIKE '%xyz%'",
        "starts work": "work_emails_key LIKE '%\nxyz%'",
        "email": "string_to_array(emails_key, E'\\n') @> ARRAY['x']",
        "work": "string_to_array(work_emails_key, E'\\n') @> ARRAY['x']",
    }.items():
        plans[name] = await plan_of(provider, condition)
    assert "memberships_user_name_is_unique" in plans["name"]
    assert "memberships_by_external_id" in plans["external"]
    assert "memberships_by_display_name" in plans["display"]
    assert "memberships_by_display_name" in plans["starts"]
    assert "memberships_by_emails" in plans["email"]
    assert "memberships_by_emails" in plans["work"]
    for name in (
        "contains",
        "contains external",
        "contains display",
        "contains email",
        "starts work",
    ):
        assert "memberships_search" in plans[name]


async def plan_of(provider: Provider, condition: str) -> str:
    """Return PostgreSQL's plan for the condition in a large organization among others."""
    rows = await provider.rows("SELECT count(*) FROM memberships WHERE organization_id = $1", MANY)
    if rows == [(0,)]:
        await provider.rows(ORGANIZATION, MANY, provider.owner)
        await provider.rows(FILL, MANY, 20_000)
        await provider.rows(
            "UPDATE memberships SET external_id = user_name_key, display_name_key = user_name_key,"
            "  emails_key = user_name_key, work_emails_key = user_name_key"
            " WHERE organization_id = $1",
            MANY,
        )
        await provider.rows("VACUUM ANALYZE memberships")
    found = await provider.rows(
        f"EXPLAIN SELECT id FROM memberships WHERE organization_id = '{MANY}' "
        f"AND scim_attributes IS NOT NULL AND {condition}"
    )
    return "\n".join(row[0] for row in found)


MANY = uuid4()
ORGANIZATION = (
    "INSERT INTO organizations (id, name, owner_id, created_at) VALUES ($1, 'M', $2, now())"
)
