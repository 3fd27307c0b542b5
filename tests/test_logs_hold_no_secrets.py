"""Logs contain no client input: keys, links, passwords, addresses, texts of bodies."""

import asyncio
import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.hosts import Host

KEY = "lt_live_" + "PLANTEDKEY" + "x" * 33
TOKEN = "PLANTEDINVITEELINK"
PASSWORD = "PLANTED pass word"
EMAIL = "planted.invitee@example.com"
WORDS = "PLANTEDWORDS of a note"
PLANTED = (b"planted", EMAIL.encode())

HEAD = f"Host: a\r\nAuthorization: Bearer {KEY}\r\n"
BODY = f'{{"email": "{EMAIL}", "password": "{PASSWORD}", "notes": "{WORDS}"}}'
POST = f"POST /api/v1/contacts HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\n"
LINK = f"/api/public/bookings/{TOKEN}"
ACCOUNT_LINK = f"/account/password/{TOKEN}"
FEED = f"/api/public/feeds/lt_feed_{TOKEN}.ics"

MALFORMED = {
    "bare line feeds": f"GET /api/v1/me HTTP/1.1\nHost: x\nAuthorization: Bearer {KEY}\n\n",
    "NUL behind the key": f"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY}\0\r\n\r\n",
    "chunk size too small": f"{POST}Transfer-Encoding: chunked\r\n\r\n5\r\n{BODY}\r\n0\r\n\r\n",
    "chunk size not hexadecimal": f"{POST}Transfer-Encoding: chunked\r\n\r\n{BODY}\r\n",
    "chunk extension": f"{POST}Transfer-Encoding: chunked\r\n\r\n5;{WORDS}\0\r\n{BODY}\r\n",
    "trailers": f"{POST}Transfer-Encoding: chunked\r\n\r\n0\r\n{WORDS}\r\n\r\n",
    "Content-Length too small": f"{POST}Content-Length: 5\r\n\r\n{BODY}",
    "Content-Length too large": f"{POST}Content-Length: 500\r\n\r\n{BODY}",
    "Content-Length twice": f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{BODY}",
    "Content-Length no number": f"{POST}Content-Length: {WORDS}\r\n\r\n{BODY}",
    "length and chunks": f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}",
    "unknown transfer coding": f"{POST}Transfer-Encoding: {WORDS}\r\n\r\n{BODY}",
    "header name with blanks": f"GET {LINK} HTTP/1.1\r\nHost: a\r\n{WORDS}: x\r\n\r\n",
    "header without colon": f"GET {LINK} HTTP/1.1\r\nHost: a\r\n{KEY}\r\n\r\n",
    "blank before the colon": f"GET {LINK} HTTP/1.1\r\nHost : a\r\nCookie: {KEY}\r\n\r\n",
    "folded header": f"GET {LINK} HTTP/1.1\r\nHost: a\r\nX-A: b\r\n {KEY}\r\n\r\n",
    "overlong line": f"GET {LINK}{'y' * 20_000} HTTP/1.1\r\n{HEAD}\r\n",
    "account link": f"GET {ACCOUNT_LINK} HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "form of an account link": f"POST {ACCOUNT_LINK} HTTP/1.1\r\n{HEAD}\r\n{WORDS}",
    "overlong account link": f"GET {ACCOUNT_LINK}{'y' * 20_000} HTTP/1.1\r\n{HEAD}\r\n",
    "account link not UTF-8": f"GET {ACCOUNT_LINK}%ff HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "feed": f"GET {FEED} HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "overlong feed": f"GET {FEED}{'y' * 20_000} HTTP/1.1\r\n{HEAD}\r\n",
    "feed not UTF-8": f"GET {FEED}%ff HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "overlong header": f"GET /api/v1/me HTTP/1.1\r\n{HEAD}X-A: {KEY}{'y' * 20_000}\r\n\r\n",
    "too many headers": f"GET {LINK} HTTP/1.1\r\n{HEAD}{f'X-A: {KEY}{chr(13)}{chr(10)}' * 300}\r\n",
    "HTTP/0.9": f"GET {LINK}\r\n",
    "HTTP/0.9 by name": f"GET {LINK} HTTP/0.9\r\n{HEAD}\r\n",
    "HTTP/2.0 by name": f"GET {LINK} HTTP/2.0\r\n{HEAD}\r\n",
    "unknown version": f"GET {LINK} HTTP/9.9\r\n{HEAD}\r\n",
    "no version": f"GET {LINK} {KEY}\r\n{HEAD}\r\n",
    "unknown method": f"{TOKEN} /api/v1/me HTTP/1.1\r\n{HEAD}\r\n",
    "method in small letters": f"get {LINK} HTTP/1.1\r\n{HEAD}\r\n",
    "pipelined words": f"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n{BODY}\r\n\r\n",
    "HTTP/2 preface": f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{KEY}",
    "CONNECT": f"CONNECT {TOKEN}:443 HTTP/1.1\r\n{HEAD}\r\n",
    "upgrade": f"GET {LINK} HTTP/1.1\r\n{HEAD}Connection: upgrade\r\nUpgrade: {WORDS}\r\n\r\n",
    "absolute target": f"GET http://u:{TOKEN}@a:b/ HTTP/1.1\r\n{HEAD}\r\n",
    "port no number": f"GET {LINK} HTTP/1.1\r\nHost: a:{TOKEN}\r\nConnection: close\r\n\r\n",
    "broken escape": f"GET {LINK}%zz HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "path not UTF-8": f"GET {LINK}%ff HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "compressed": f"{POST}Content-Encoding: br\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}",
    "raw bytes in the path": f"GET {LINK}\xff\xfe HTTP/1.1\r\n{HEAD}\r\n",
    "no HTTP at all": f"\x16\x03\x01{KEY}{BODY}\r\n\r\n",
    "only a part": f"{POST}Content-Len",
}


async def send(port: int, text: str) -> None:
    """Send it on a separate connection; wait at most a second for EOF."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text.encode("latin-1"))
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(1):
                await reader.read()
    finally:
        writer.close()


async def send_well_formed(host: Host) -> None:
    """Send valid HTTP requests with invalid content."""
    note = {"email": EMAIL, "name": WORDS, "notes": WORDS}
    calls = [
        ("GET", f"/api/v1/contacts?search={TOKEN}&page=x", None),
        ("GET", f"/api/v1/contacts/{TOKEN}", None),
        ("GET", f"/api/v1/availability/{TOKEN}?timezone=UTC", None),
        ("GET", f"/nowhere/{TOKEN}", None),
        ("DELETE", f"/api/public/{TOKEN}", None),
        ("GET", LINK, None),
        ("GET", FEED, None),
        ("POST", FEED, {"a": WORDS}),
        ("POST", f"{LINK}/cancel", {"reason": WORDS}),
        ("GET", f"/api/public/{TOKEN}/{TOKEN}/slots?timezone={TOKEN}", None),
        ("POST", "/api/v1/contacts", {**note, WORDS: [WORDS]}),
        ("POST", "/api/v1/contacts", {**note, "email": WORDS}),
        ("POST", "/api/v1/contacts", note),
        ("POST", "/api/v1/contacts", [[WORDS]]),
        ("POST", "/api/v1/bookings", {"eventTypeSlug": TOKEN, "inviteeEmail": EMAIL}),
        ("POST", "/api/v1/bookings", _booking(eventTypeSlug=TOKEN)),
        ("POST", "/api/bookings", _booking(eventTypeId=TOKEN)),
        ("POST", "/api/bookings", _booking(eventTypeId=str(uuid4()))),
        ("POST", "/api/ingest/messages", {"source": WORDS, "body": {"a": WORDS}}),
        ("POST", "/dashboard/api/password/reset", {"email": EMAIL}),
        ("POST", "/dashboard/api/password/reset", {"email": WORDS, WORDS: WORDS}),
        ("POST", "/dashboard/api/account/verify", {"token": TOKEN}),
        ("POST", "/dashboard/api/account/password", {"token": TOKEN, "password": PASSWORD}),
        ("POST", "/dashboard/api/account/password", {"token": [TOKEN], "password": TOKEN}),
        ("POST", "/dashboard/api/session", {"email": EMAIL, "password": PASSWORD}),
        ("POST", "/dashboard/api/session", {"email": [EMAIL], "password": {"a": PASSWORD}}),
        ("PUT", "/dashboard/api/password", {"current": PASSWORD, "new": PASSWORD}),
    ]
    for method, path, body in calls:
        await host.call(method, path, body)
    for key in (KEY, "lt_scim_" + KEY[8:]):
        bearer = {"Authorization": f"Bearer {key}", "traceparent": WORDS, "X-Request-Id": WORDS}
        await host.call("GET", "/api/v1/me", headers=bearer)
        await host.call("GET", f'/api/scim/v2/Users?filter=userName eq "{EMAIL}"', headers=bearer)


def _booking(**more: str) -> dict[str, str]:
    return {
        "startTime": "2030-01-01T10:00:00Z",
        "inviteeName": WORDS,
        "inviteeEmail": EMAIL,
        "inviteeTimezone": "UTC",
        "notes": WORDS,
        **more,
    }


async def send_in_session(browser: Browser) -> None:
    """Send requests as the dashboard's pages could."""
    for method, path, body in (
        ("PUT", "/dashboard/api/password", {"current": PASSWORD, "new": PASSWORD}),
        ("POST", "/dashboard/api/api-keys", {"name": WORDS, "expiresAt": WORDS}),
        ("PUT", "/dashboard/api/schedule", {"timezone": WORDS, "weekly": {WORDS: [[WORDS]]}}),
        ("POST", "/dashboard/api/webhooks", {"url": f"https://{TOKEN}@a/", "events": [WORDS]}),
        ("POST", "/dashboard/api/event-types", {"name": WORDS, "durationMinutes": WORDS}),
        ("PUT", "/dashboard/api/plan", {"plan": WORDS}),
        ("PATCH", "/dashboard/api/me", {"username": WORDS, "name": [WORDS]}),
        ("GET", f"/dashboard/api/webhooks/{TOKEN}/deliveries?state={TOKEN}", None),
    ):
        await browser.call(method, path, body, headers={"Origin": f"https://{TOKEN}.test"})
        await browser.call(method, path, body)


def lines_with_planted(state: Path) -> Iterator[str]:
    """Yield every log line that contains a planted text."""
    for log in state.rglob("*.log*"):
        for line in log.read_bytes().splitlines():
            if any(planted.lower() in line.lower() for planted in PLANTED):
                yield f"{log.name}: {line[:500].decode(errors='replace')}"


async def test_hostile_input_leaves_no_trace_in_any_log(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    """Sent to the gateway, and to the services' ports as the gateway does."""
    urls = [stack.file.gateway]
    for service in stack.file.services.values():
        urls += [service.url, service.internal_url]
    ports = {int(urlsplit(url).port or 0) for url in urls}
    await asyncio.gather(*(send(port, text) for port in ports for text in MALFORMED.values()))
    host, browser = await sign_up(stack, http)
    await send_well_formed(host)
    await send_in_session(browser)
    for service in stack.file.services:
        log = stack.state / "logs" / f"{service}.log"
        words = "malformed_request" if service == "gateway" else "malformed request"
        await eventually(partial(_holds, log, words))
    assert list(lines_with_planted(stack.state)) == []


async def _holds(log: Path, words: str) -> bool:
    return words in log.read_text(errors="replace")
