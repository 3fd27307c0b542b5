"""Rotating the secret of a webhook."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import Ask
from services.webhooks.tests.subscribers import SEALING_KEY

from linktime_common.postgres import Database
from linktime_common.sealing import Sealer
from linktime_webhooks.domain.signing import show_secret

SEALED = "SELECT sealed FROM endpoint_secrets ORDER BY created_at DESC"


async def stored(database: Database, endpoint_id: str) -> list[str]:
    """Return the decrypted secrets that sign, newest first."""
    async with database.connection() as connection:
        rows = await connection.fetch(SEALED)
    sealer = Sealer([SEALING_KEY])
    return [show_secret(sealer.open(row["sealed"], row=f"endpoints/{endpoint_id}")) for row in rows]


async def rotate(ask: Ask, hook: dict[str, Any], body: Any = None, key: str = "") -> Any:
    return await ask("POST", f"/{hook['id']}/secrets/rotate", body, key)


async def listed(ask: Ask, hook: dict[str, Any]) -> list[dict[str, Any]]:
    status, answer = await ask("GET", f"/{hook['id']}/secrets")
    assert status == 200
    return list(answer["data"])


def hours_between(later: str, earlier: str) -> float:
    gap = datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    return gap.total_seconds() / 3600


async def test_the_new_secret_is_shown_once_and_the_old_one_ends_in_a_day(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """The list never has a value; in the database both are encrypted, the new one first."""
    status, made = await rotate(ask, hook)
    assert status == 201
    assert await stored(database, hook["id"]) == [made["secret"], hook["secret"]]
    newest, older = await listed(ask, hook)
    assert newest == {name: made[name] for name in ("id", "createdAt", "expiresAt")}
    assert newest["expiresAt"] is None
    assert hours_between(older["expiresAt"], newest["createdAt"]) == pytest.approx(24, abs=0.1)
    async with database.connection() as connection:
        for row in await connection.fetch("SELECT sealed FROM endpoint_secrets"):
            assert made["secret"].removeprefix("whsec_").encode() not in row["sealed"]


async def test_a_fourth_is_refused_with_the_next_expiry(ask: Ask, hook: dict[str, Any]) -> None:
    """At most three are valid; the refusal names the earliest expiry and changes none."""
    for hours in (48, 24):
        assert (await rotate(ask, hook, {"overlapHours": hours}))[0] == 201
    before = await listed(ask, hook)
    ends = min(one["expiresAt"] for one in before if one["expiresAt"])
    sentence = (
        f"Three secrets are valid already; the next one expires at {ends}. "
        "An overlap of 0 hours ends them now"
    )
    refused = {"error": sentence, "code": "too_many_secrets"}
    assert await rotate(ask, hook, {"overlapHours": 1}) == (409, refused)
    assert await listed(ask, hook) == before


async def test_without_overlap_the_old_ones_end_now(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """All of them are deleted."""
    for _ in range(2):
        await rotate(ask, hook)
    status, made = await rotate(ask, hook, {"overlapHours": 0})
    assert status == 201
    assert await stored(database, hook["id"]) == [made["secret"]]
    assert [one["id"] for one in await listed(ask, hook)] == [made["id"]]


async def test_an_overlap_never_prolongs_an_older_secret(ask: Ask, hook: dict[str, Any]) -> None:
    """The first secret keeps its expiry, although the second overlap is longer."""
    await rotate(ask, hook, {"overlapHours": 1})
    first_end = (await listed(ask, hook))[1]["expiresAt"]
    await rotate(ask, hook, {"overlapHours": 168})
    assert (await listed(ask, hook))[2]["expiresAt"] == first_end


async def test_a_repeat_with_its_key_makes_no_second_secret(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """The same reply without the secret, which is not stored in clear."""
    status, made = await rotate(ask, hook, key="k")
    assert await rotate(ask, hook, key="k") == (status, {**made, "secret": None})
    assert (await rotate(ask, hook, {"overlapHours": 1}, key="k"))[0] == 422
    assert len(await listed(ask, hook)) == 2
    async with database.connection() as connection:
        answers = await connection.fetch("SELECT answer FROM idempotency_records")
    assert [made["secret"].encode() in row["answer"] for row in answers] == [False]


async def test_concurrent_rotations_are_serialized(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """Two of five succeed; the last one signs first, and only it has no expiry."""
    answers = await asyncio.gather(*(rotate(ask, hook) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [201, 201, 409, 409, 409], answers
    found = await listed(ask, hook)
    assert [one["expiresAt"] is None for one in found] == [True, False, False]
    made = {answer["id"]: answer["secret"] for status, answer in answers if status == 201}
    assert (await stored(database, hook["id"]))[0] == made[found[0]["id"]]


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", None, True])
async def test_a_wrong_overlap_is_refused(ask: Ask, hook: dict[str, Any], hours: Any) -> None:
    """0 to 168 whole hours."""
    status, answer = await rotate(ask, hook, {"overlapHours": hours})
    assert (status, list(answer["details"])) == (400, ["overlapHours"])
    assert len(await listed(ask, hook)) == 1


async def test_an_expired_secret_is_not_listed(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """By the database's clock, and another secret can be added."""
    for _ in range(2):
        await rotate(ask, hook)
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE endpoint_secrets SET expires_at = now() WHERE expires_at IS NOT NULL"
        )
    assert len(await listed(ask, hook)) == 1
    assert (await rotate(ask, hook))[0] == 201
    async with database.connection() as connection:
        ids: list[UUID] = await connection.fetch("SELECT id FROM endpoint_secrets")
    assert len(ids) == 2
