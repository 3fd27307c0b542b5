"""Two users with look-alike names and addresses, found and changed by a provider."""

from uuid import uuid4

import pytest

from .calls import Ask
from .provider import Provider

LOOK_ALIKES = [
    ("weiß", "weiss"),
    ("weiss", "weiß"),
    ("βος", "βοσ"),
    ("ılse", "ilse"),
    ("ſam", "sam"),
]


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
async def test_entra_looks_up_and_changes_the_right_one(
    provider: Provider, one: str, other: str
) -> None:
    """Each filter finds one user, so that the right one is created and changed."""
    name = f"{uuid4().hex[:8]}@example.com"
    first = await provider.make(userName=f"{one}{name}", displayName=one)
    for path in ("userName", "emails.value", 'emails[type eq "work"].value'):
        for operator in ("eq", "sw", "co"):
            assert await provider.names(f'{path} {operator} "{other}{name}"') == []
            assert await provider.names(f'{path} {operator} "{one}{name}"') == [first["userName"]]
    second = await provider.make(userName=f"{other}{name}", displayName=other)
    reply = await provider.find(f'userName eq "{other}{name}"')
    (found,) = reply.body["Resources"]
    assert found["id"] == second["id"]
    off = {"op": "Replace", "path": "active", "value": "False"}
    renamed = {"op": "Replace", "path": "displayName", "value": "Bernd"}
    reply = await provider.patch(found["id"], renamed, off)
    assert (reply.status, reply.body["userName"], reply.body["active"]) == (
        200,
        f"{other}{name}",
        False,
    )
    assert (await provider.call("GET", f"/Users/{first['id']}")).body == first
    assert (await provider.account(f"{one}{name}"))["active"] is True
    assert (await provider.account(f"{other}{name}"))["active"] is False


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKES)
async def test_a_filter_in_a_path_selects_one_address(
    provider: Provider, one: str, other: str
) -> None:
    """Like the filter of a list."""
    emails = [{"value": f"{each}@example.com", "type": each} for each in (one, other)]
    made = await provider.make(emails=[{"value": f"{uuid4().hex}@example.com"}, *emails])
    removed = {"op": "remove", "path": f'emails[value eq "{other}@example.com"]'}
    reply = await provider.patch(made["id"], removed)
    assert [each["value"] for each in reply.body["emails"][1:]] == [f"{one}@example.com"]


async def test_the_operator_finds_the_right_account(provider: Provider, ask: Ask) -> None:
    """By the address in any letter case; a look-alike without an account is not found."""
    name = f"{uuid4().hex[:8]}@example.com"
    await provider.make(userName=f"straße{name}")
    for email, count in ((f"STRAẞE{name}", 1), (f"strasse{name}", 0)):
        status, found = await ask("GET", f"/internal/users?email={email}")
        assert (status, len(found["data"])) == (200, count)
