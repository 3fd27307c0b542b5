"""A host's brand, as the host sets it and as its pages show it."""

import asyncio
from typing import Any

import pytest

from linktime_availability.api.brands import BrandBody
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .dashboard import dashboard

NOTHING: dict[str, Any] = {
    "accentColour": None,
    "contrastColours": None,
    "logoUrl": None,
    "welcomeText": None,
    "embedSites": [],
}


async def shown(service: Running, path: str) -> Any:
    """Return the brand in the public answer at a path."""
    async with service.session.get(
        f"{service.url}/api/public/{path}", headers=service.identity(CallerKind.PUBLIC)
    ) as response:
        assert response.status == 200
        return (await response.json())["brand"]


async def test_a_host_has_no_brand_at_first(world: Any, service: Running) -> None:
    """In the projection, or in the directory only."""
    newcomer = world.user()
    world.directory.users[newcomer.id] = DirectoryUser(user=newcomer, version=1)
    for host in (await world.host(), newcomer):
        assert await dashboard(service, host.id, "GET", "brand") == (200, NOTHING)
        assert await shown(service, host.username) == NOTHING
    status, body = await dashboard(service, new_id(), "GET", "brand")
    assert (status, body["code"]) == (404, "host_not_found")


async def test_change_a_brand(world: Any, service: Running) -> None:
    """Both pages show it; other hosts' do not."""
    host, other = await world.host(), await world.host()
    event_type = await world.event_type(host.id)
    wanted = {
        "accentColour": "#FFCC00",
        "welcomeText": "  Hello!\nPick a time.  ",
        "embedSites": [
            "https://Bücher.example/",
            "http://localhost:3000",
            "https://xn--bcher-kva.example:443",
        ],
    }
    expected = {
        "accentColour": "#FFCC00",
        "contrastColours": {"light": "#907300", "dark": "#ffcc00"},
        "logoUrl": None,
        "welcomeText": "Hello!\nPick a time.",
        "embedSites": ["https://xn--bcher-kva.example", "http://localhost:3000"],
    }
    assert await dashboard(service, host.id, "PATCH", "brand", wanted) == (200, expected)
    assert BrandBody.model_validate(expected).model_dump(mode="json") == expected
    assert await dashboard(service, host.id, "GET", "brand") == (200, expected)
    for path in (host.username, f"{host.username}/{event_type.slug}", host.username.upper()):
        assert await shown(service, path) == expected
    assert await dashboard(service, other.id, "GET", "brand") == (200, NOTHING)
    assert await shown(service, other.username) == NOTHING


async def test_omitted_fields_stay(world: Any, service: Running) -> None:
    """An answer can be sent back; null and an empty list remove a value."""
    host = await world.host()
    first = {"accentColour": "#112233", "welcomeText": "Hello", "embedSites": ["https://a.example"]}
    _, whole = await dashboard(service, host.id, "PATCH", "brand", first)
    assert await dashboard(service, host.id, "PATCH", "brand", {}) == (200, whole)
    assert await dashboard(service, host.id, "PATCH", "brand", whole) == (200, whole)
    for change in (
        {"accentColour": None, "contrastColours": None},
        {"welcomeText": " \n "},
        {"embedSites": []},
    ):
        whole |= change if "welcomeText" not in change else {"welcomeText": None}
        assert await dashboard(service, host.id, "PATCH", "brand", change) == (200, whole)
    assert whole == NOTHING


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("accentColour", {"accentColour": "red"}),
        ("accentColour", {"accentColour": "#12345"}),
        ("accentColour", {"accentColour": "#123456;}"}),
        ("accentColour", {"accentColour": 1_234_567}),
        ("welcomeText", {"welcomeText": "a" * 1_001}),
        ("welcomeText", {"welcomeText": "a\u202eb"}),
        ("welcomeText", {"welcomeText": "a\x00b"}),
        ("welcomeText", {"welcomeText": ["a"]}),
        ("embedSites", {"embedSites": None}),
        ("embedSites", {"embedSites": "https://a.example"}),
        ("embedSites", {"embedSites": [f"https://a{n}.example" for n in range(21)]}),
        ("embedSites.0", {"embedSites": ["*"]}),
        ("embedSites.1", {"embedSites": ["https://a.example", "http://a.example"]}),
        ("embedSites.0", {"embedSites": ["https://a.example; script-src *"]}),
        ("embedSites.0", {"embedSites": ["https://" + "a." * 200 + "example"]}),
        ("logo", {"logo": "x"}),
        ("name", {"name": "Ada"}),
    ],
)
async def test_invalid_brand(
    world: Any, service: Running, field: str, change: dict[str, Any]
) -> None:
    """400 that names the field, and nothing changes."""
    host = await world.host()
    status, body = await dashboard(service, host.id, "PATCH", "brand", change)
    assert (status, list(body["details"])) == (400, [field])
    assert await dashboard(service, host.id, "GET", "brand") == (200, NOTHING)


async def test_sentences_say_what_to_write(world: Any, service: Running) -> None:
    """With an example."""
    host = await world.host()
    wrong = {"accentColour": "red", "embedSites": ["a.example", "http://a.example"]}
    _, body = await dashboard(service, host.id, "PATCH", "brand", wrong)
    assert body["details"] == {
        "accentColour": "Expected a colour such as #1a73e8",
        "embedSites.0": "Write a site as https://www.example.com, without a path",
        "embedSites.1": "Must begin with https://; http:// is for localhost only",
    }


@pytest.mark.usefixtures("long_connection_wait")
async def test_two_changes_at_once(world: Any, service: Running) -> None:
    """Of different fields: neither is lost, also in the first change of a host."""
    host = await world.host()
    changes = [{"accentColour": "#112233"}, {"welcomeText": "Hello"}, {"embedSites": []}] * 4
    answers = await asyncio.gather(
        *(dashboard(service, host.id, "PATCH", "brand", change) for change in changes)
    )
    assert {status for status, _ in answers} == {200}
    _, brand = await dashboard(service, host.id, "GET", "brand")
    assert (brand["accentColour"], brand["welcomeText"]) == ("#112233", "Hello")


async def test_a_repeated_change_gets_the_first_answer(world: Any, service: Running) -> None:
    """Also after another change."""
    host = await world.host()
    first = {"welcomeText": "One"}
    answer = await dashboard(service, host.id, "PATCH", "brand", first, key="k")
    await dashboard(service, host.id, "PATCH", "brand", {"welcomeText": "Two"})
    assert await dashboard(service, host.id, "PATCH", "brand", first, key="k") == answer
    _, brand = await dashboard(service, host.id, "GET", "brand")
    assert brand["welcomeText"] == "Two"


async def test_a_changed_brand_is_a_new_state_of_the_page(world: Any, service: Running) -> None:
    """Its ETag changes with the brand."""
    host = await world.host()
    url, headers = f"{service.url}/api/public/{host.username}", service.identity(CallerKind.PUBLIC)
    async with service.session.get(url, headers=headers) as response:
        tag = response.headers["ETag"]
    await dashboard(service, host.id, "PATCH", "brand", {"accentColour": "#112233"})
    async with service.session.get(url, headers=headers | {"If-None-Match": tag}) as response:
        assert response.status == 200


async def test_a_brand_is_erased_with_its_host(world: Any, service: Running) -> None:
    """No row is left, and the logo with it."""
    host = world.user()
    async with world.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO hosts (id, username, name, email, timezone, active, version)"
            " VALUES ($1, $2, 'Ada', 'ada@example.com', 'UTC', true, 1)",
            host.id,
            host.username,
        )
    assert (await dashboard(service, host.id, "PATCH", "brand", {"welcomeText": "x"}))[0] == 200
    async with world.database.transaction() as connection:
        await connection.execute("DELETE FROM hosts WHERE id = $1", host.id)
        assert not await connection.fetchval(
            "SELECT count(*) FROM brands WHERE host_id = $1", host.id
        )
