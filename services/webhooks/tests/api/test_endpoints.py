"""Endpoints through the internal port, as the operator's command uses it."""

from typing import Any
from uuid import uuid4

import pytest

from linktime_common.identity import Door
from linktime_common.testing.services import Running

OWNER = uuid4()


async def call(webhooks: Running, method: str, body: Any = None) -> tuple[int, Any]:
    async with webhooks.session.request(
        method,
        f"{webhooks.internal_url}/internal/users/{OWNER}/endpoints",
        json=body,
        headers=webhooks.identity(Door.OPERATOR, issuer="operator"),
    ) as response:
        return response.status, await response.json()


async def test_the_secret_is_shown_once(webhooks: Running) -> None:
    """Creation shows it, the list does not."""
    new = {"url": "https://example.com/hook", "events": ["contact.created", "booking.created"]}
    status, made = await call(webhooks, "POST", new)
    assert status == 201
    assert made["secret"].startswith("whsec_")
    status, listed = await call(webhooks, "GET")
    assert status == 200
    assert listed["data"] == [
        {
            "id": made["id"],
            "url": "https://example.com/hook",
            "events": ["booking.created", "contact.created"],
            "createdAt": made["createdAt"],
        }
    ]


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
    """400 with the field named, and nothing is kept."""
    body = {"url": "https://example.com/hook", "events": ["booking.created"]} | change
    status, answer = await call(webhooks, "POST", body)
    assert status == 400
    assert field in answer["details"]
    assert await call(webhooks, "GET") == (200, {"data": []})
