"""A crowd of one host waits in the gateway, not at the service and not before another host."""

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from linktime_common.http.bodies import reply_json
from linktime_common.http.client import open_session
from linktime_common.identity import CallerKind
from linktime_gateway.api.callers import Caller, parties_of
from linktime_gateway.clients.upstream import AT_ONCE
from linktime_gateway.domain.route_table import Forward
from linktime_local.testing.waiting import eventually

SHARE = AT_ONCE // 2
BOOK = ("POST", "/api/v1/bookings")


def in_progress() -> float | None:
    return REGISTRY.get_sample_value("linktime_gateway_requests_in_progress")


async def test_work_for_callers_that_left_never_reaches_the_service(
    call: Any, world: Any, operator: Any, key: str
) -> None:
    """As after an outage: the service has only what it may work on at once, and its connections
    hold nothing else."""
    may_end = asyncio.Event()
    bookings = world["bookings"]

    async def hold(_request: web.BaseRequest) -> web.StreamResponse:
        await may_end.wait()
        return reply_json({})

    bookings.reply = hold
    other = (await operator.make_key(world.directory.add()))["key"]
    async with open_session() as session:

        def ask(by: str, name: str) -> "asyncio.Task[Any]":
            return asyncio.create_task(
                call(*BOOK, by, headers={"Idempotency-Key": name}, session=session)
            )

        def names() -> list[str]:
            return [seen.headers["Idempotency-Key"] for seen in bookings.seen]

        begun = [ask(key, "begun") for _ in range(SHARE)]
        await eventually(lambda: len(names()) == SHARE, what="the crowd has its share")
        left = [ask(key, "left") for _ in range(SHARE)]
        beside = ask(other, "beside")
        await eventually(lambda: names()[SHARE:] == ["beside"], what="the other host's request")
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await eventually(lambda: in_progress() == SHARE + 1, what="the gateway notices")
        stays = ask(key, "stays")
        may_end.set()
        answers = await asyncio.gather(*begun, beside, stays)
    assert {answer.status for answer in answers} == {200}
    assert names()[SHARE:] == ["beside", "stays"]


ACCOUNT = uuid4()


@pytest.mark.parametrize(
    ("method", "pattern", "target", "body", "named"),
    [
        ("GET", "/api/public/{username}/{slug}", "/api/public/ada/intro?x=1", None, "ada"),
        ("GET", "/api/public/bookings/{token}", "/api/public/bookings/link-1.x", None, "link-1.x"),
        ("POST", "/api/bookings", "/api/bookings", {"eventTypeId": "e-1"}, "e-1"),
        ("POST", "/api/bookings", "/api/bookings", {"eventTypeId": 7}, None),
        ("POST", "/api/bookings", "/api/bookings", ["e-1"], None),
        ("POST", "/api/bookings", "/api/bookings", None, None),
    ],
)
def test_a_request_without_a_credential_is_for_an_address_and_a_host(
    method: str, pattern: str, target: str, body: Any, named: str | None
) -> None:
    route = Forward(method, pattern, "any", CallerKind.PUBLIC, 3.0)
    content = None if body is None else orjson.dumps(body)
    found = parties_of(Caller("signed", None), route, target, content, "192.0.2.1")
    assert found == ["address 192.0.2.1", *([named] if named else [])]
    assert parties_of(Caller("signed", ACCOUNT), route, target, content, "192.0.2.1") == [
        str(ACCOUNT)
    ]
