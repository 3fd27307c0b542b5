"""Passwords are looked at in turns; what is not begun counts for nothing."""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from linktime_gateway.app import SERVICE
from linktime_gateway.clients import passwords
from linktime_gateway.clients.passwords import PasswordChecker
from linktime_gateway.use_cases import count_attempt
from linktime_local.testing.services import running

from .callers import PASSWORD

COUNTED = "SELECT subject, attempts, last_at FROM sign_in_attempts ORDER BY subject"


class Gate:
    """Holds the two threads until it opens; what came to the queue, and what was begun."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.asked: list[str] = []
        self.begun: list[str] = []

    async def until(self, asked: int, begun: int) -> None:
        async with asyncio.timeout(20):
            while len(self.asked) < asked or len(self.begun) < begun:
                await asyncio.sleep(0.01)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    verify, matches = PasswordChecker.verify, PasswordChecker._matches

    async def ask(self: PasswordChecker, encoded: str | None, password: str, *more: Any) -> bool:
        gate.asked.append(password)
        return await verify(self, encoded, password, *more)

    def begin(self: PasswordChecker, encoded: str, password: str) -> bool:
        gate.begun.append(password)
        gate.opened.wait(30)
        return matches(self, encoded, password)

    monkeypatch.setattr(PasswordChecker, "verify", ask)
    monkeypatch.setattr(PasswordChecker, "_matches", begin)
    yield gate
    gate.opened.set()


@contextlib.asynccontextmanager
async def calling_from(address: str, browser: Any) -> AsyncIterator[Any]:
    """The same browser at another client address."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        elsewhere = dataclasses.replace(browser.gateway, session=session)
        yield dataclasses.replace(browser, gateway=elsewhere)


async def guess(browser: Any, address: str, password: str) -> int:
    async with calling_from(address, browser) as guesser:
        guesser.email = f"{password}@example.com"
        return (await guesser.sign_in(password)).status


async def test_a_flood_from_one_network_keeps_nobody_waiting(visitor: Any, gate: Gate) -> None:
    """From many addresses of one network, for many accounts: another network has the next turn."""
    flood = [
        asyncio.create_task(guess(visitor, f"127.5.0.{number}", f"guess-{number}"))
        for number in range(1, 9)
    ]
    await gate.until(asked=8, begun=2)
    async with calling_from("127.9.9.9", visitor) as owner:
        signing_in = asyncio.create_task(owner.sign_in("the owner's"))
        await gate.until(asked=9, begun=2)
        gate.opened.set()
        assert (await signing_in).status == 401
    assert set(await asyncio.gather(*flood)) <= {401, 503}
    assert gate.begun.index("the owner's") <= 3  # two were begun, one more was next


async def test_a_quiet_address_comes_before_those_that_keep_trying(
    visitor: Any, gate: Gate
) -> None:
    """Though each of them has a network of its own and tries one password at a time."""
    networks = [f"127.{number}.0.1" for number in range(20, 32)]
    gate.opened.set()
    first = [guess(visitor, address, f"first-{address}") for address in networks]
    assert set(await asyncio.gather(*first)) <= {401, 503}
    gate.opened.clear()
    begun = len(gate.begun) + 2
    again = [
        asyncio.create_task(guess(visitor, address, f"again-{address}")) for address in networks
    ]
    await gate.until(asked=24, begun=begun)
    async with calling_from("127.40.9.9", visitor) as owner:
        signing_in = asyncio.create_task(owner.sign_in())
        await gate.until(asked=25, begun=begun)
        gate.opened.set()
        assert (await signing_in).status == 200
    assert set(await asyncio.gather(*again)) <= {401, 503}
    assert gate.begun.index(PASSWORD) <= begun + 1  # or one more was given its turn before


async def test_what_is_not_begun_in_time_is_503_and_does_not_count(
    visitor: Any, database: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the next one wait for it: the counts and their times are as before."""
    await database.execute(
        "INSERT INTO sign_in_attempts (subject, attempts, last_at)"
        " VALUES ($1, 12, now() - interval '5 minutes')",
        f"account {visitor.email}, address 127.0.0.1",
    )
    working = [
        asyncio.create_task(guess(visitor, "127.5.0.1", f"guess-{number}")) for number in range(2)
    ]
    await gate.until(asked=2, begun=2)
    before = await database.fetch(COUNTED)
    monkeypatch.setattr(count_attempt, "ATTEMPT_SECONDS", 0.5)
    assert (await visitor.sign_in("wrong")).status == 503
    after = await database.fetch(COUNTED)
    assert [row for row in after if row["attempts"]] == before
    gate.opened.set()
    await asyncio.wait(working)
    assert "wrong" not in gate.begun


async def test_what_is_begun_counts_though_it_takes_too_long(
    visitor: Any, database: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and one attempt more of each count: the work has been done."""
    monkeypatch.setattr(count_attempt, "ATTEMPT_SECONDS", 0.5)
    statuses = set()
    while not gate.begun:  # on a busy machine the time may be over before
        statuses.add((await visitor.sign_in("wrong")).status)
    assert statuses == {503}
    counted = await database.fetch("SELECT attempts FROM sign_in_attempts WHERE attempts > 0")
    assert [row["attempts"] for row in counted] == [1, 1, 1]


async def test_a_full_queue_is_503_and_does_not_count(
    visitor: Any,
    database: Any,
    settings: dict[str, Any],
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Work that would be done too late is not begun."""
    monkeypatch.setattr(passwords, "MOST_WAITING", 0)
    async with running(SERVICE, **settings) as full:
        visitor.gateway, visitor.url = full, full.url
        working = [
            asyncio.create_task(guess(visitor, "127.5.0.1", f"guess-{number}"))
            for number in range(2)
        ]
        await gate.until(asked=2, begun=2)
        answer = await visitor.sign_in()
        assert answer.status == 503
        assert "Retry-After" in answer.headers
        subject = "SELECT attempts FROM sign_in_attempts WHERE subject = $1"
        assert await database.fetchval(subject, f"account {visitor.email}") == 0
        assert await database.fetchval(subject, "address 127.0.0.1") == 0
        gate.opened.set()
        assert await asyncio.gather(*working) == [401, 401]
    assert len(gate.begun) == 2


async def test_a_client_that_leaves(visitor: Any, database: Any, gate: Gate) -> None:
    """Its work is not begun and does not count; work that was begun has been had, and counts."""
    guesses = [
        asyncio.create_task(guess(visitor, "127.5.0.1", f"guess-{number}")) for number in range(3)
    ]
    await gate.until(asked=3, begun=2)
    for one in guesses:
        one.cancel()
    await asyncio.wait(guesses)
    waited = (set(gate.asked) - set(gate.begun)).pop()
    taken_back = "SELECT attempts = 0 FROM sign_in_attempts WHERE subject = $1"
    async with asyncio.timeout(20):
        while not await database.fetchval(taken_back, f"account {waited}@example.com"):
            await asyncio.sleep(0.01)
    gate.opened.set()
    assert (await visitor.sign_in()).status == 200
    assert waited not in gate.begun
    for begun in gate.begun[:2]:
        assert not await database.fetchval(taken_back, f"account {begun}@example.com")
