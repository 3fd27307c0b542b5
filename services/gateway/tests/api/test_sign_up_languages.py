"""The language of a new account."""

import json
from typing import Any

import pytest

from linktime_common.ids import new_id


def new_account(**facts: Any) -> dict[str, Any]:
    return {"email": f"{new_id()}@example.com", "name": "Grace", **facts}


@pytest.mark.parametrize(
    ("sent", "locale"), [({}, None), ({"locale": None}, None), ({"locale": "pt-BR"}, "pt-BR")]
)
async def test_the_account_has_the_language_of_its_sign_up(
    operator: Any, world: Any, sent: dict[str, Any], locale: str | None
) -> None:
    """The one that was sent, if any."""
    status, _ = await operator.call("POST", "/internal/users", new_account(**sent))
    assert status == 201
    assert json.loads(world.directory.last.body)["locale"] == locale


async def test_a_wrong_language_is_refused(operator: Any, world: Any) -> None:
    """400 with the field; the directory is not asked."""
    before = len(world.directory.seen)
    wrong = new_account(locale="de_AT")
    status, answer = await operator.call("POST", "/internal/users", wrong)
    assert (status, list(answer["details"])) == (400, ["locale"])
    assert len(world.directory.seen) == before
