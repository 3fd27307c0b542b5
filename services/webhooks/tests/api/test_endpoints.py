"""Endpoints over the internal port, as the operator's command uses it."""

from typing import Any
from uuid import uuid4

import pytest

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

OWNER = uuid4()


async def call(
    webhooks: Running, method: str, path: str = "", body: Any = None, owner: object = OWNER
) -> tuple[int, Any]:
    async with webhooks.session.request(
        method,
        f"{webhooks.internal_url}/internal/users/{owner}/endpoints{path}",
        json=body,
        headers=webhooks.identity(CallerKind.OPERATOR, issuer="operator"),
    ) as response:
        return response.status, await response.json()


async def test_the_secret_is_shown_once(webhooks: Running) -> None:
    """In the reply to creation, not in the list."""
    new = {"url": "https://example.com/hook", "events": ["contact.created", "booking.created"]}
    status, made = await call(webhooks, "POST", body=new)
    assert status == 201
    assert made.pop("secret").startswith("whsec_")
    assert (made["url"], made["events"]) == (new["url"], ["booking.created", "contact.created"])
    status, listed = await call(webhooks, "GET")
    assert (status, listed["data"]) == (200, [made])


async def test_the_operator_can_do_the_same_as_the_owner(webhooks: Running) -> None:
    """As the user in the path, and no other."""
    new = {"url": "https://example.com/hook", "events": ["contact.created"]}
    _status, made = await call(webhooks, "POST", body=new)
    path = f"/{made['id']}"
    assert (await call(webhooks, "GET", path))[1]["active"]
    status, tested = await call(webhooks, "POST", f"{path}/test", {"eventType": "contact.created"})
    assert status == 202
    listed = (await call(webhooks, "GET", f"{path}/deliveries"))[1]["data"]
    assert [one["id"] for one in listed] == [tested["id"]]
    assert (await call(webhooks, "POST", f"{path}/secrets/rotate"))[0] == 201
    assert not (await call(webhooks, "PATCH", path, {"active": False}))[1]["active"]
    for owner in (uuid4(), "x"):
        assert (await call(webhooks, "GET", path, owner=owner))[0] == (400 if owner == "x" else 404)


async def test_only_the_operator_can_name_the_owner(webhooks: Running) -> None:
    """A session, which names a user, is refused."""
    async with webhooks.session.get(
        f"{webhooks.internal_url}/internal/users/{OWNER}/endpoints",
        headers=webhooks.identity(CallerKind.SESSION, subject=OWNER),
    ) as response:
        assert response.status == 503


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://0x7f.1/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://exa\x00mple.com/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["booking.exploded"]}, "events"),
        ({"events": "booking.created"}, "events"),
        ({"events": ["booking.created"] * 51}, "events"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_endpoint_is_refused(
    webhooks: Running, change: dict[str, Any], field: str
) -> None:
    """400 with the field, and nothing is stored."""
    body = {"url": "https://example.com/hook", "events": ["booking.created"]} | change
    status, answer = await call(webhooks, "POST", body=body)
    assert status == 400
    assert field in answer["details"]
    assert (await call(webhooks, "GET"))[1]["data"] == []
