"""Log lines of refused requests."""

from collections.abc import Mapping
from typing import Any

from linktime_common.http.errors import error_reply
from linktime_gateway.app import SERVICE
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

from .own_logs import own_logs

LIST = "/api/v1/bookings"
TOO_LARGE = "body_too_large"
NO_LENGTH = 2**64 - 1  # the parser's own mark of a body without a length
WRONG_KEY = "lt_live_" + "x" * 43
FACTS = ("client", "status", "reason", "key_id", "user_id", "count")


def facts(lines: list[Mapping[str, Any]], event: str) -> list[dict[str, Any]]:
    """Return what the lines of this event say."""
    return [
        {name: str(line[name]) for name in FACTS if name in line}
        for line in lines
        if line["event"] == event
    ]


def behind_a_proxy(settings: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {**settings, "trusted_proxies": ["127.0.0.0/8"], **others}


async def test_refusals_of_one_kind_are_one_line_and_a_number(
    call: Any, settings: dict[str, Any]
) -> None:
    """With the client's address; the number follows, at the latest when the process ends."""
    with own_logs() as lines:
        async with running(SERVICE, **behind_a_proxy(settings)) as gateway:
            for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"):
                headers = {"X-Forwarded-For": client}
                answer = await call("GET", LIST, WRONG_KEY, url=gateway.url, headers=headers)
                assert answer.status == 401
    known = {"status": "401", "reason": "invalid_api_key"}
    assert facts(lines, "refused") == [
        {"client": "192.0.2.1", **known},
        {"client": "192.0.2.2", **known},
    ]
    assert facts(lines, "refused again") == [{"client": "192.0.2.1", **known, "count": "2"}]
    (first, _second) = [line for line in lines if line["event"] == "refused"]
    assert (first["route"], first["method"], first["forwards_to"]) == (LIST, "GET", "bookings")
    assert all(WRONG_KEY not in str(line) for line in lines)


async def test_the_key_and_its_owner_are_named(
    call: Any, world: Any, operator: Any, settings: dict[str, Any]
) -> None:
    """Of a key without requests left, of one that a service refuses, and of a revoked one."""
    owner = world.directory.add()
    made = await operator.make_key(owner)
    ids = {"key_id": made["id"], "user_id": str(owner.id)}

    async def forbid(_request: Any) -> Any:
        return error_reply(403, "Not for you", code="plan_required")

    with own_logs() as lines:
        async with running(
            SERVICE, **behind_a_proxy(settings, limit_api_key="2/minute")
        ) as gateway:

            async def ask() -> int:
                return int((await call("GET", LIST, made["key"], url=gateway.url)).status)

            assert await ask() == 200
            world["bookings"].reply = forbid
            assert await ask() == 403
            assert await ask() == 429
            path = f"/internal/users/{owner.id}/api-keys/{made['id']}"
            assert (await operator.call("DELETE", path))[0] in {200, 204}
            await eventually(lambda: _is(ask, 401))
    found = facts(lines, "refused")
    assert {one.pop("client") for one in found} == {"127.0.0.1"}
    assert found == [
        {"status": "403", "reason": "refused_by_service", **ids},
        {"status": "429", "reason": "rate_limited", **ids},
        {"status": "401", "reason": "key_revoked", **ids},
    ]


async def _is(ask: Any, status: int) -> bool:
    return bool(await ask() == status)


async def test_a_failed_sign_in_names_the_account_in_the_log_only(
    visitor: Any, settings: dict[str, Any]
) -> None:
    """Not the e-mail address that was typed; the answers are the same."""
    wrong = "not the password"
    with own_logs() as lines:
        async with running(SERVICE, **settings) as gateway:
            known, unknown = [
                await visitor.call(
                    "POST", "/session", {"email": email, "password": wrong}, url=gateway.url
                )
                for email in (visitor.email, "nobody@example.com")
            ]
    assert known.status == unknown.status == 401
    assert known.body == unknown.body
    first, second = facts(lines, "refused")
    assert (first["reason"], first["user_id"]) == ("sign_in_refused", visitor.user_id)
    assert (second["reason"], second["user_id"]) == ("sign_in_refused", "None")
    assert all("example.com" not in str(line) for line in lines)


async def test_a_change_without_a_csrf_token_names_the_user(
    browser: Any, settings: dict[str, Any]
) -> None:
    """Answered with 403."""
    with own_logs() as lines:
        async with running(SERVICE, **settings) as gateway:
            answer = await browser.call(
                "POST", "/api-keys", {}, url=gateway.url, X_CSRF_Token="wrong"
            )
    assert answer.status == 403
    (line,) = facts(lines, "refused")
    assert (line["reason"], line["user_id"]) == ("foreign_request", browser.user_id)


async def test_what_anybody_can_send_without_a_limit_is_counted(
    raw: Any, settings: dict[str, Any]
) -> None:
    """Malformed requests, and those that the gateway answers itself, as sign-in."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\n"
    sign_in = b"POST /dashboard/api/session HTTP/1.1\r\nHost: a\r\nContent-Length: "
    sent = [
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400", "malformed_request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % NO_LENGTH, "413", TOO_LARGE),
        (b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * 8001), "414", "url_too_long"),
        (head + b"A: b\r\n" * 200 + b"\r\n", "431", "headers_too_large"),
        (b"GET / RTSP/1.0\r\nHost: a\r\n\r\n", "505", "version_unsupported"),
        (sign_in + b"1\r\n\r\n{", "400", "invalid_request"),
        (sign_in + b"1\r\nContent-Encoding: gzip\r\n\r\n{", "415", "unsupported_media_type"),
    ]
    with own_logs() as lines:
        async with running(SERVICE, **settings) as gateway:
            for request, status, _reason in sent:
                for _ in range(3):
                    assert (await raw(request, url=gateway.url)).status == int(status)
            # Of the same kind as the one that is malformed.
            declared = await raw(sign_in + b"9999999\r\n\r\n", url=gateway.url)
            assert declared.status == 413
    known = [
        {"client": "127.0.0.1", "status": status, "reason": reason}
        for _request, status, reason in sent
    ]
    assert facts(lines, "refused") == known
    counts = [{**one, "count": "3" if one["reason"] == TOO_LARGE else "2"} for one in known]
    assert facts(lines, "refused again") == counts
    logged = {line["event"] for line in lines if line["log_level"] != "debug"}
    assert not logged & {"request", "malformed request", "connection ended"}


async def test_a_malformed_request_names_the_client_behind_a_proxy(
    raw: Any, settings: dict[str, Any]
) -> None:
    """If its headers could be parsed."""
    forwarded = b"X-Forwarded-For: 192.0.2.7\r\n\r\n"
    with own_logs() as lines:
        async with running(SERVICE, **behind_a_proxy(settings)) as gateway:
            for host in (b"Host: a b\r\n", b"Host : a\r\n"):
                request = b"GET / HTTP/1.1\r\n" + host + forwarded
                assert (await raw(request, url=gateway.url)).status == 400
    assert [one["client"] for one in facts(lines, "refused")] == ["192.0.2.7", "127.0.0.1"]


async def test_what_no_route_takes_is_counted_too(call: Any, settings: dict[str, Any]) -> None:
    """Anybody can send it, without a limit."""
    with own_logs() as lines:
        async with running(SERVICE, **settings) as gateway:
            for _ in range(3):
                assert (await call("GET", "/api/v9/x", url=gateway.url)).status == 404
            assert (await call("PATCH", LIST, url=gateway.url)).status == 405
    refused = [(line["status"], line["reason"]) for line in lines if line["event"] == "refused"]
    assert refused == [(404, "not_found"), (405, "method_not_allowed")]
    assert [line["count"] for line in lines if line["event"] == "refused again"] == [2]
