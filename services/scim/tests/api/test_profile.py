"""A user's profile for a dashboard session."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from linktime_common.ids import new_id

from .calls import Ask, Sent, Session, person


@pytest.fixture
async def user(ask: Ask) -> dict[str, Any]:
    _status, made = await ask("POST", "/internal/users", person(plan="PRO"))
    return dict(made["user"])


async def test_the_profile_has_more_than_a_key_sees(
    session: Session, me: Callable[[UUID], Awaitable[Any]], user: dict[str, Any]
) -> None:
    """Also time zone, language and the day the account was created."""
    status, profile = await session(UUID(user["id"]), "GET", "/me")
    assert status == 200
    more = {"timezone": "UTC", "locale": None, "planIsYours": False, "createdAt": user["createdAt"]}
    assert profile == (await me(UUID(user["id"])))[1] | more


async def test_changes_of_name_and_time_zone_are_published(
    session: Session, user: dict[str, Any], sent: Sent
) -> None:
    """One event for each change, none without one; fields not sent keep their values."""
    user_id = UUID(user["id"])
    status, changed = await session(user_id, "PATCH", "/me", {"timezone": "Europe/Berlin"})
    assert (status, changed["timezone"], changed["name"]) == (200, "Europe/Berlin", "Ann Lee")
    status, changed = await session(user_id, "PATCH", "/me", {"name": " Ann Roe "})
    assert (changed["timezone"], changed["name"]) == ("Europe/Berlin", "Ann Roe")
    assert await session(user_id, "PATCH", "/me", {}) == (200, changed)
    assert await session(user_id, "PATCH", "/me", changed) == (200, changed)
    assert await session(user_id, "GET", "/me") == (200, changed)
    users = [event["data"]["user"] for event in await sent(user_id, "user.updated")]
    assert [(one["name"], one["timezone"]) for one in users] == [
        ("Ann Lee", "Europe/Berlin"),
        ("Ann Roe", "Europe/Berlin"),
    ]


async def test_the_language_is_published_and_can_be_removed(
    session: Session, user: dict[str, Any], sent: Sent
) -> None:
    """A language without mails is stored too; other changes keep it."""
    user_id = UUID(user["id"])
    for change, locale in (
        ({"locale": "pt-BR"}, "pt-BR"),
        ({"name": "Ann Roe"}, "pt-BR"),
        ({"locale": "pt-BR"}, "pt-BR"),
        ({"locale": None}, None),
    ):
        status, changed = await session(user_id, "PATCH", "/me", change)
        assert (status, changed["locale"]) == (200, locale)
        assert await session(user_id, "GET", "/me") == (200, changed)
    users = [event["data"]["user"] for event in await sent(user_id, "user.updated")]
    assert [one["locale"] for one in users] == ["pt-BR", "pt-BR", None]


async def test_read_only_fields_are_ignored(session: Session, user: dict[str, Any]) -> None:
    """A profile that was read can be sent back; plan, e-mail and id are unchanged."""
    user_id = UUID(user["id"])
    _status, before = await session(user_id, "GET", "/me")
    wanted = {**before, "plan": "BUSINESS", "email": "x@example.com", "id": "1"}
    assert await session(user_id, "PATCH", "/me", wanted) == (200, before)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"name": "\x00"}, "name"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"username": "Ann"}, "username"),
        ({"username": "admin"}, "username"),
        ({"username": None}, "username"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"locale": "de_AT"}, "locale"),
        ({"locale": ""}, "locale"),
        ({"locale": "a" * 36}, "locale"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_bad_input_is_named(
    session: Session, user: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    """400 with the field."""
    status, answer = await session(UUID(user["id"]), "PATCH", "/me", change)
    assert (status, list(answer["details"])) == (400, [field])


async def test_a_change_repeats_with_its_key(
    session: Session, user: dict[str, Any], sent: Sent
) -> None:
    """The stored reply is returned, and no second event is published."""
    user_id = UUID(user["id"])
    first = await session(user_id, "PATCH", "/me", {"name": "Bea"}, key="k")
    await session(user_id, "PATCH", "/me", {"name": "Cleo"})
    assert await session(user_id, "PATCH", "/me", {"name": "Bea"}, key="k") == first
    assert (await session(user_id, "PATCH", "/me", {"name": "Dora"}, key="k"))[0] == 422
    assert len(await sent(user_id, "user.updated")) == 2


async def test_a_session_of_an_unknown_user_finds_no_profile(session: Session) -> None:
    """The directory may not know an id that the gateway sends."""
    for method, body in (("GET", None), ("PATCH", {"name": "Eve"})):
        assert await session(new_id(), method, "/me", body) == (
            404,
            {"error": "User not found", "code": "user_not_found"},
        )


async def test_only_the_operator_sets_plans_by_default(
    session: Session, user: dict[str, Any], sent: Sent
) -> None:
    """403 with a message, and the plan is unchanged."""
    user_id = UUID(user["id"])
    assert await session(user_id, "PUT", "/plan", {"plan": "BUSINESS"}) == (
        403,
        {"error": "Plans are given by the operator of this installation", "code": "plan_not_yours"},
    )
    assert (await session(user_id, "GET", "/me"))[1]["plan"] == "PRO"
    assert await sent(user_id, "user.updated") == []


@pytest.mark.parametrize("plan", ["GOLD", None, 1])
async def test_an_unknown_plan_is_named(session: Session, user: dict[str, Any], plan: Any) -> None:
    """400 with the field."""
    status, answer = await session(UUID(user["id"]), "PUT", "/plan", {"plan": plan})
    assert (status, list(answer["details"])) == (400, ["plan"])
