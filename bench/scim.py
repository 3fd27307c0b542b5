"""SCIM through the gateway, on an organization with 100,000 members.

`python -m bench.scim` runs it alone, on a temporary stack.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import orjson
from bench.slots import Row
from bench.stack import measure_alone
from tests.providers import ROOT, Provider, activation, described, make_provider

from linktime_operator.stack.stack import Stack

MEMBERS = 100_000
CALLS = 300
CALLERS = 16
CREATE_SECONDS = 15

FILL = """
    WITH made AS (
        INSERT INTO users (id, email, email_key, name, username, timezone, plan, version,
                           created_at, updated_at, managed_by)
        SELECT gen_random_uuid(), login || '@' || $2::text, login || '@' || $2::text,
               'Member ' || n, login, 'UTC', 'FREE', 1, now(), now(), $1::uuid
          FROM generate_series(1, $3::int) AS n, LATERAL (SELECT 'member-' || n AS login) AS named
        RETURNING id, email, name
    )
    INSERT INTO memberships (
        organization_id, user_id, role, created_at, scim_attributes, scim_active, scim_version,
        scim_created_at, scim_updated_at, user_name_key, external_id, display_name_key, emails_key,
        work_emails_key
    )
    SELECT $1::uuid, id, 'member', now(),
           jsonb_build_object(
               'userName', email, 'externalId', 'x-' || name, 'displayName', name, 'active', true,
               'name', jsonb_build_object('givenName', 'Member', 'familyName', name),
               'emails', jsonb_build_array(
                   jsonb_build_object('value', email, 'type', 'work', 'primary', true)
               )
           ),
           true, 1, now(), now(), email, 'x-' || name, lower(name), chr(10) || email || chr(10),
           chr(10) || email || chr(10)
      FROM made
"""


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        provider = await make_provider(stack, session)
        await _fill(stack, provider)
        caller = _Caller(provider)
        rows = [*await _reads(caller), *await _writes(caller)]
        return [*rows, await _creations(caller), _memory(stack)]


async def _fill(stack: Stack, provider: Provider) -> None:
    connection = await asyncpg.connect(stack.file.postgres.databases["scim"].dsn)
    try:
        await connection.execute(
            FILL,
            provider.organization,
            provider.domain,
            MEMBERS,
            timeout=600,
        )
        await connection.execute("VACUUM ANALYZE users, memberships", timeout=600)
    finally:
        await connection.close()


class _Caller:
    """Sends requests without parsing the JSON, to exclude the client's time."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._root = provider.stack.file.gateway + ROOT
        self._headers = {
            "Authorization": f"Bearer {provider.token}",
            "Content-Type": "application/scim+json",
        }

    async def call(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, **params: str
    ) -> bytes:
        data = None if body is None else orjson.dumps(body)
        async with self.provider.http.request(
            method, self._root + path, data=data, params=params, headers=self._headers
        ) as response:
            raw = await response.read()
            if response.status != expect:
                raise RuntimeError(f"{method} {path} was answered {response.status}: {raw!r}")
            return raw

    def email(self, number: int) -> str:
        return f"member-{number}@{self.provider.domain}"


async def _reads(caller: _Caller) -> list[Row]:
    numbers = itertools.cycle(range(1, MEMBERS, 337))

    def filtered(text: str) -> Callable[[], Any]:
        return lambda: caller.call("GET", "/Users", filter=text.format(next(numbers)))

    domain = caller.provider.domain
    emails = 'emails[type eq "work"].value eq "member-{}@' + domain + '"'
    page = {"count": "100"}
    asked: list[tuple[str, Callable[[], Any], int]] = [
        ("userName eq", filtered('userName eq "member-{}@' + domain + '"'), CALLS),
        ("externalId eq", filtered('externalId eq "x-Member {}"'), CALLS),
        ("work e-mail eq", filtered(emails), CALLS),
        ("userName sw, a few", filtered('userName sw "member-{}@"'), CALLS),
        ("displayName co, a few", filtered('displayName co "ber {}"'), CALLS),
        ("everybody, first 100", lambda: caller.call("GET", "/Users", **page), CALLS),
        (
            "everybody, last 100",
            lambda: caller.call("GET", "/Users", startIndex=str(MEMBERS - 99), **page),
            CALLS // 3,
        ),
        ("how many (count=0)", lambda: caller.call("GET", "/Users", count="0"), CALLS),
    ]
    return [row for what, act, calls in asked for row in await _timed(what, act, calls)]


async def _writes(caller: _Caller) -> list[Row]:
    made = orjson.loads(
        await caller.call("POST", "/Users", described(caller.provider.new_email()), expect=201)
    )
    path = f"/Users/{made['id']}"
    values = itertools.cycle(["False", "True"])
    return [
        *await _timed("one user", lambda: caller.call("GET", path), CALLS),
        *await _timed(
            "PATCH of active",
            lambda: caller.call("PATCH", path, activation(next(values))),
            CALLS,
        ),
    ]


async def _creations(caller: _Caller) -> Row:
    """Measure the sustained rate of `CALLERS` concurrent clients."""
    made = 0
    end = time.perf_counter() + CREATE_SECONDS

    async def create() -> None:
        nonlocal made
        while time.perf_counter() < end:
            email = f"new-{uuid4().hex}@{caller.provider.domain}"
            await caller.call("POST", "/Users", described(email), expect=201)
            made += 1

    began = time.perf_counter()
    await asyncio.gather(*(create() for _ in range(CALLERS)))
    per_second = made / (time.perf_counter() - began)
    return Row(f"SCIM creations, {CALLERS} callers, sustained", round(per_second, 1), "a second")


def _memory(stack: Stack) -> Row:
    """Return the peak memory of the scim process (Linux)."""
    status = Path(f"/proc/{stack.file.services['scim'].pids[0]}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return Row("SCIM: most memory of the process", int(line.split()[1]) / 1024, "MiB")


async def _timed(what: str, act: Callable[[], Any], calls: int) -> list[Row]:
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await act()
        times.append((time.perf_counter() - began) * 1000)
    p99 = sorted(times)[int(len(times) * 0.99)]
    name = f"SCIM, 100,000 members, {what}"
    return [
        Row(f"{name}: p50", round(statistics.median(times), 2), "ms"),
        Row(f"{name}: p99", round(p99, 2), "ms"),
    ]


if __name__ == "__main__":
    measure_alone(run)
