"""The queue of password checks; work that is not started does not count."""

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from linktime_gateway.app import SERVICE
from linktime_gateway.clients import passwords
from linktime_gateway.clients.passwords import PasswordChecker
from linktime_gateway.clients.turns import Turns
from linktime_gateway.domain import attempts
from linktime_gateway.domain.client_address import Origin
from linktime_gateway.use_cases import count_attempt
from linktime_local.testing.services import running

from .callers import PASSWORD
from .password_gate import Gate, calling_from, guess

WAIT_FOR_A_LOCK = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
COUNTED = "SELECT subject, attempts, last_at FROM sign_in_attempts ORDER BY subject"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    take, matches = Turns.take, PasswordChecker._matches

    async def ask(self: Turns, origin: Origin, deadline: float) -> None:
        gate.queued.append(origin.address)
        gate.turns.add(self)
        await take(self, origin, deadline)
        gate.taken.append(origin.address)

    def begin(self: PasswordChecker, encoded: str, password: str) -> bool:
        gate.started.append(password)
        gate.opened.wait(30)
        return matches(self, encoded, password)

    monkeypatch.setattr(Turns, "take", ask)
    monkeypatch.setattr(PasswordChecker, "_matches", begin)
    yield gate
    gate.opened.set()


async def tried(database: Any, subject: str, times: int) -> None:
    """Set the number of attempts of the subject, the last one now."""
    await database.execute(
        "INSERT INTO sign_in_attempts (subject, attempts, last_at) VALUES ($1, $2, now())",
        subject,
        times,
    )


async def test_a_flood_from_one_network_does_not_delay_others(visitor: Any, gate: Gate) -> None:
    """From many addresses and for many accounts: another network has the next turn."""
    flood = [
        asyncio.create_task(guess(visitor, f"127.5.0.{number}", f"guess-{number}"))
        for number in range(1, 9)
    ]
    await gate.until(queued=8, started=2)
    async with calling_from("127.9.9.9", visitor) as owner:
        signing_in = asyncio.create_task(owner.sign_in("the owner's"))
        await gate.until(queued=9, started=2)
        gate.opened.set()
        assert (await signing_in).status == 401
    assert set(await asyncio.gather(*flood)) <= {401, 503}
    assert gate.taken.index("127.9.9.9") <= 3  # two were started, one more was next


async def test_an_address_with_few_requests_comes_first(visitor: Any, gate: Gate) -> None:
    """Although the others have separate networks and send one request at a time."""
    networks = [f"127.{number}.0.1" for number in range(20, 32)]
    gate.opened.set()
    first = [guess(visitor, address, f"first-{address}") for address in networks]
    assert set(await asyncio.gather(*first)) <= {401, 503}
    gate.opened.clear()
    started, taken = len(gate.started) + 2, len(gate.taken) + 2
    again = [
        asyncio.create_task(guess(visitor, address, f"again-{address}")) for address in networks
    ]
    await gate.until(queued=24, started=started)
    async with calling_from("127.40.9.9", visitor) as owner:
        signing_in = asyncio.create_task(owner.sign_in())
        await gate.until(queued=25, started=started)
        gate.opened.set()
        assert (await signing_in).status == 200
    assert set(await asyncio.gather(*again)) <= {401, 503}
    assert gate.taken.index("127.40.9.9") <= taken + 1  # or one more was started before


async def test_work_not_started_in_time_is_503_and_does_not_count(
    visitor: Any, database: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts and times are unchanged, so the next attempt need not wait."""
    await database.execute(
        "INSERT INTO sign_in_attempts (subject, attempts, last_at)"
        " VALUES ($1, 12, now() - interval '5 minutes')",
        f"account {visitor.email}, address 127.0.0.1",
    )
    working = [
        asyncio.create_task(guess(visitor, "127.5.0.1", f"guess-{number}")) for number in range(2)
    ]
    await gate.until(queued=2, started=2)
    before = await database.fetch(COUNTED)
    monkeypatch.setattr(count_attempt, "ATTEMPT_SECONDS", 0.5)
    assert (await visitor.sign_in("wrong")).status == 503
    after = await database.fetch(COUNTED)
    assert [row for row in after if row["attempts"]] == before
    gate.opened.set()
    await asyncio.wait(working)
    assert "wrong" not in gate.started


async def test_started_work_counts_after_a_timeout(
    visitor: Any, database: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and one more attempt in each count."""
    monkeypatch.setattr(count_attempt, "ATTEMPT_SECONDS", 0.5)
    statuses = set()
    while not gate.started:  # on a busy machine the deadline may pass before
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
    """Work that would miss its deadline is not started."""
    monkeypatch.setattr(passwords, "MOST_WAITING", 0)
    async with running(SERVICE, **settings) as full:
        visitor.gateway, visitor.url = full, full.url
        working = [
            asyncio.create_task(guess(visitor, "127.5.0.1", f"guess-{number}"))
            for number in range(2)
        ]
        await gate.until(queued=2, started=2)
        answer = await visitor.sign_in()
        assert answer.status == 503
        assert "Retry-After" in answer.headers
        subject = "SELECT attempts FROM sign_in_attempts WHERE subject = $1"
        assert await database.fetchval(subject, f"account {visitor.email}") is None
        assert await database.fetchval(subject, "address 127.0.0.1") is None
        gate.opened.set()
        assert await asyncio.gather(*working) == [401, 401]
    assert len(gate.started) == 2


async def test_a_client_that_disconnects(visitor: Any, database: Any, gate: Gate) -> None:
    """Queued work is dropped and does not count; started work counts."""
    guesses = [
        asyncio.create_task(guess(visitor, "127.5.0.1", f"guess-{number}")) for number in range(3)
    ]
    await gate.until(queued=3, started=2)
    for one in guesses:
        one.cancel()
    await asyncio.wait(guesses)
    gate.opened.set()
    assert (await visitor.sign_in()).status == 200
    assert len(gate.started) == 3  # the last one is the visitor's
    counted = await database.fetch(
        "SELECT subject FROM sign_in_attempts WHERE attempts > 0 AND subject LIKE 'account %.com'"
    )
    assert {row["subject"] for row in counted} == {
        f"account {guess}@example.com" for guess in gate.started[:2]
    }


async def test_choosing_a_password_takes_a_turn(
    visitor: Any, nobody: Any, account_mails: Any, gate: Gate
) -> None:
    """It waits behind two checks; of its client's requests, only itself is forgiven."""
    body = {
        "token": await account_mails.secret("reset_password", visitor),
        "password": "staple of another kind",
    }
    working = [
        asyncio.create_task(guess(nobody, "127.60.0.1", f"guess-{number}")) for number in range(2)
    ]
    await gate.until(queued=2, started=2)
    async with calling_from("127.60.0.1", nobody) as chooser:
        choosing = asyncio.create_task(chooser.call("POST", "/account/password", body))
        await gate.until(queued=3, started=2)
        assert not choosing.done()
        gate.opened.set()
        assert await asyncio.gather(*working) == [401, 401]
        assert (await choosing).status == 200
    assert gate.requests_of("127.60.0.1") == 2


async def test_an_attempt_that_ends_while_it_is_delayed_does_not_count(
    visitor: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503; the counts and times are as before."""
    await tried(database, f"account {visitor.email}", 1000)
    before = await database.fetch(COUNTED)
    monkeypatch.setattr(count_attempt, "ATTEMPT_SECONDS", 0.5)
    assert (await visitor.sign_in("wrong")).status == 503
    after = await database.fetch(COUNTED)
    assert [row for row in after if row["attempts"]] == before


async def test_a_delayed_attempt_does_not_keep_its_turn(
    visitor: Any, database: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are checked meanwhile."""
    monkeypatch.setattr(attempts, "LONGEST_PAUSE_SECONDS", 60.0)
    await tried(database, "account delayed@example.com", 1000)
    gate.opened.set()
    delayed = [
        asyncio.create_task(guess(visitor, f"127.5.0.{number}", "delayed"))
        for number in range(1, 6)
    ]
    await gate.until(queued=5, started=0)
    assert (await visitor.sign_in()).status == 200
    assert gate.started == [PASSWORD]
    for one in delayed:
        one.cancel()
    await asyncio.wait(delayed)


async def test_a_storm_takes_no_more_connections_than_turns(
    visitor: Any,
    database: Any,
    settings: dict[str, Any],
    gate: Gate,
    call: Any,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """100 attempts at an account whose row is locked: two wait for it, the others for a turn.

    API requests get a connection, and an attempt from another network has the next turn.
    """
    monkeypatch.setattr(count_attempt, "ATTEMPT_SECONDS", 60.0)
    subject = "account attacked@example.com"
    await tried(database, subject, 0)
    async with (
        asyncpg.create_pool(settings["postgres_dsn"], min_size=1, max_size=1) as pool,
        pool.acquire() as locking,
        running(SERVICE, **settings) as other,  # without a cached key
        calling_from("127.9.9.9", dataclasses.replace(visitor, gateway=other)) as owner,
    ):
        visitor.gateway = other
        visitor.url = owner.url = other.url
        lock = locking.transaction()
        await lock.start()
        await locking.execute("SELECT FROM sign_in_attempts WHERE subject = $1 FOR UPDATE", subject)
        storm = [
            asyncio.create_task(guess(visitor, f"127.5.0.{number}", "attacked"))
            for number in range(1, 101)
        ]
        await gate.until(queued=100, started=0)
        assert await database.fetchval(WAIT_FOR_A_LOCK) <= passwords.AT_ONCE
        assert (await call("GET", "/api/v1/me", key, url=other.url)).status == 200
        signing_in = asyncio.create_task(owner.sign_in())
        await gate.until(queued=101, started=0)
        gate.opened.set()
        await lock.rollback()
        await signing_in
        assert gate.taken.index("127.9.9.9") <= passwords.AT_ONCE
        for one in storm:
            one.cancel()
        await asyncio.wait(storm)
