"""Idempotent writes, in a minimal service for notes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from aiohttp import ClientSession, web

from linktime_common.contracts.wire import Text
from linktime_common.errors import Refusal
from linktime_common.http import bodies
from linktime_common.http.fields import RequestModel
from linktime_common.http.idempotency import answer_once
from linktime_common.http.routes import post
from linktime_common.http.server import build_app
from linktime_common.idempotency import WriteAttempt, WriteReply, prune
from linktime_common.identity import HEADER, CallerKind, Key, Verifier
from linktime_common.migrate import IDEMPOTENCY, migrate
from linktime_common.postgres import Database, connect
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.locks import while_locked
from linktime_local.testing.services import key_between, signer_of
from linktime_local.testing.silent_proxy import SilentProxy
from linktime_local.testing.waiting import eventually


class Missing(Refusal):
    """There is no such notebook."""


class Full(Refusal):
    """The notebook is full."""


class Odd(Refusal):
    """This refusal has no stored response."""


STATUSES = {Missing: 404, Full: 409, Odd: 429}


class Note(RequestModel):
    text: Text
    more: Text | None = None


@dataclass
class Notebook:
    """The service, with a settable result of the next write; `url` is its address."""

    database: Database
    session: ClientSession
    url: str = ""
    next_error: Exception | None = None
    pause: asyncio.Event | None = None
    before_commit: Callable[[], None] = lambda: None
    attempts: list[dict[str, str]] = field(default_factory=list)

    async def write(self, request: web.Request) -> web.Response:
        note = await bodies.read(request, Note)

        async def act(attempt: WriteAttempt[str]) -> str:
            self.attempts.append(attempt.memory)
            if self.pause is not None:
                await self.pause.wait()
            if self.next_error is not None:
                raise self.next_error
            async with self.database.transaction() as connection:
                await attempt.keep(connection, note.text)
                await connection.execute("INSERT INTO notes VALUES ($1)", note.text)
                self.before_commit()
            return note.text

        return await answer_once(
            request,
            self.database,
            act,
            scope=request.headers.get("X-Owner", "ada"),
            render=lambda text: WriteReply(201, {"z": text, "a": len(self.attempts)}),
            statuses=STATUSES,
            seconds=float(request.headers.get("X-Seconds", "1.0")),
            memory={"chosen": str(len(self.attempts))},
        )

    async def post(self, key: str | None, *, path: str = "/notes", **more: Any) -> tuple[int, Any]:
        identity = signer_of("gateway", "notes").sign("notes", CallerKind.PUBLIC)
        headers = {HEADER: identity, **more.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = more.pop("json", {"text": "hello"})
        async with self.session.post(self.url + path, headers=headers, json=body) as response:
            return response.status, await response.text()

    async def replayed(self, key: str | None) -> str | None:
        """Post a note and return the header of a repeat, or None."""
        headers = {HEADER: signer_of("gateway", "notes").sign("notes", CallerKind.PUBLIC)}
        if key is not None:
            headers["Idempotency-Key"] = key
        url = self.url + "/notes"
        async with self.session.post(url, headers=headers, json={"text": "hello"}) as response:
            return response.headers.get("Idempotent-Replayed")

    async def notes(self) -> int:
        async with self.database.connection() as connection:
            found: int = await connection.fetchval("SELECT count(*) FROM notes")
        return found

    async def run(self, statement: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement)


async def _migrate(dsn: str) -> None:
    await migrate(dsn, IDEMPOTENCY)


@asynccontextmanager
async def served(dsn: str) -> AsyncIterator[Notebook]:
    """Run the service on the database at `dsn`."""
    verifier = Verifier("notes", {"gateway": [Key.parse(key_between("gateway", "notes"))]})
    async with ClientSession() as session:
        database = await connect(dsn, application_name="test")
        notebook = Notebook(database, session)
        routes = [post(path, notebook.write, CallerKind.PUBLIC) for path in ("/notes", "/others")]
        runner = web.AppRunner(build_app(routes, verifier=verifier, statuses=STATUSES))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        notebook.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield notebook
        await runner.cleanup()
        await database.close()


@pytest.fixture
async def notebook(template_databases: TemplateDatabases) -> AsyncIterator[Notebook]:
    async with template_databases.fresh("idempotency", _migrate) as dsn, served(dsn) as notebook:
        await notebook.run("CREATE TABLE notes (text text)")
        yield notebook


async def test_without_a_key_every_request_counts(notebook: Notebook) -> None:
    """Nothing is stored, nothing is compared."""
    assert (await notebook.post(None))[0] == (await notebook.post(None))[0] == 201
    assert await notebook.notes() == 2
    await notebook.run("DO $$ BEGIN ASSERT (SELECT count(*) = 0 FROM idempotency_records); END $$")


async def test_a_repeat_gets_the_same_bytes(notebook: Notebook) -> None:
    """The stored response, for any order of the body's fields; the write happens once."""
    first = await notebook.post("k", json={"text": "hello", "more": "x"})
    assert first == (201, '{"z":"hello","a":1}')
    assert await notebook.post("k", json={"more": "x", "text": "hello"}) == first
    assert await notebook.notes() == 1


async def test_keys_depend_on_owner_path_and_body(notebook: Notebook) -> None:
    """Another owner or path is another request; another body is an error."""
    await notebook.post("k")
    assert (await notebook.post("k", headers={"X-Owner": "bob"}))[0] == 201
    assert (await notebook.post("k", path="/others"))[0] == 201
    assert (await notebook.post("k", json={"text": "bye"}))[0] == 422
    assert await notebook.notes() == 3


@pytest.mark.parametrize("error", [None, Full()])
async def test_a_stored_response_says_so(notebook: Notebook, error: Exception | None) -> None:
    """By its header; the first response, and those without a key, have none."""
    notebook.next_error = error
    replayed = [await notebook.replayed(key) for key in ("k", "k", "k", "other", None)]
    assert replayed == [None, "true", "true", None, None]


@pytest.mark.parametrize("refusal", [Missing(), Full()])
async def test_a_404_and_a_409_are_kept(notebook: Notebook, refusal: Refusal) -> None:
    """The repeat gets the same refusal, even if the write would succeed now."""
    notebook.next_error = refusal
    first = await notebook.post("k")
    notebook.next_error = None
    assert (
        await notebook.post("k")
        == first
        == (
            STATUSES[type(refusal)],
            f'{{"error":"{refusal.sentence}","code":"{refusal.code}"}}',
        )
    )
    assert await notebook.notes() == 0


@pytest.mark.parametrize("error", [Odd(), bodies.invalid("text", "Not that")])
async def test_other_refusals_leave_the_key_free(notebook: Notebook, error: Exception) -> None:
    """The next request with the key is executed, with another body too."""
    notebook.next_error = error
    assert (await notebook.post("k"))[0] in {400, 429}
    notebook.next_error = None
    assert (await notebook.post("k", json={"text": "mended"}))[0] == 201


async def test_after_a_fault_the_repeat_reuses_the_memory(notebook: Notebook) -> None:
    """500 or 503: the same body runs again at once, with the first attempt's memory."""
    for error in (RuntimeError("bug"), TimeoutError()):
        notebook.next_error = error
        assert (await notebook.post("k"))[0] in {500, 503}
    assert (await notebook.post("k", json={"text": "other"}))[0] == 422
    notebook.next_error = None
    assert (await notebook.post("k"))[0] == 201
    assert notebook.attempts == [{"chosen": "0"}] * 3


async def test_only_one_is_at_work(notebook: Notebook) -> None:
    """Repeats wait for the first; all get the same response."""
    notebook.pause = asyncio.Event()
    waiting = [asyncio.ensure_future(notebook.post("k")) for _ in range(5)]
    await eventually(lambda: notebook.attempts)
    notebook.pause.set()
    answers = await asyncio.gather(*waiting)
    assert set(answers) == {(201, '{"z":"hello","a":1}')}
    assert await notebook.notes() == 1


async def test_a_repeat_does_not_wait_for_ever(notebook: Notebook) -> None:
    """503 when the first is still in progress at the deadline."""
    notebook.pause = asyncio.Event()
    first = asyncio.ensure_future(notebook.post("k", headers={"X-Seconds": "60"}))
    await eventually(lambda: notebook.attempts)
    assert (await notebook.post("k"))[0] == 503
    notebook.pause.set()
    assert (await first)[0] == 201


async def test_an_attempt_past_its_claim_changes_nothing(notebook: Notebook) -> None:
    """A paused attempt resumes after a repeat took over: its transaction is rolled back."""
    notebook.pause = asyncio.Event()
    paused = asyncio.ensure_future(notebook.post("k", headers={"X-Seconds": "60"}))
    await eventually(lambda: notebook.attempts)
    await notebook.run("UPDATE idempotency_records SET claimed_until = '-infinity'")
    held, notebook.pause = notebook.pause, None
    assert (await notebook.post("k"))[0] == 201
    held.set()
    assert (await paused)[0] == 503
    assert await notebook.notes() == 1
    assert (await notebook.post("k"))[0] == 201
    assert await notebook.notes() == 1


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_write_that_waits_for_a_lock_is_cut_off(
    notebook: Notebook, key: str | None
) -> None:
    """503 while the table is locked; nothing is written, and the key is free for a repeat."""
    async with notebook.database.connection() as connection:
        status, _ = await while_locked(connection, "LOCK TABLE notes", notebook.post(key))
    assert status == 503
    assert await notebook.notes() == 0
    assert (await notebook.post(key))[0] == 201
    assert await notebook.notes() == 1


async def test_a_refusal_that_cannot_be_kept_in_time_is_a_503(notebook: Notebook) -> None:
    """The response is stored, or the repeat decides."""
    notebook.pause = may_refuse = asyncio.Event()
    notebook.next_error = Full()
    refused = asyncio.create_task(notebook.post("k"))
    await eventually(lambda: notebook.attempts)

    async def refuse() -> tuple[int, Any]:
        may_refuse.set()
        return await refused

    lock = "SELECT FROM idempotency_records FOR UPDATE"
    async with notebook.database.connection() as connection:
        assert (await while_locked(connection, lock, refuse()))[0] == 503
    assert (await notebook.post("k"))[0] == 409


@pytest.mark.parametrize("reaches_server", [True, False])
async def test_a_write_cut_off_in_its_commit_happens_once(
    template_databases: TemplateDatabases, reaches_server: bool
) -> None:
    """503 for an unknown outcome; the repeat finds it, or does the write."""
    async with (
        template_databases.fresh("idempotency", _migrate) as dsn,
        SilentProxy(dsn) as proxy,
        served(proxy.url) as notebook,
    ):
        await notebook.run("CREATE TABLE notes (text text)")
        notebook.before_commit = partial(proxy.hold, to_server=not reaches_server)
        assert (await notebook.post("k"))[0] == 503
        notebook.before_commit = lambda: None
        proxy.release()
        answers = set[tuple[int, str]]()

        async def answered() -> bool:
            status, text = await notebook.post("k")
            answers.add((status, text))
            return status == 201

        await eventually(answered, within=30)
        assert answered_alike(answers, await notebook.post("k"))
        assert await notebook.notes() == 1


def answered_alike(answers: set[tuple[int, str]], repeat: tuple[int, str]) -> bool:
    """Whether all responses other than 503 equal `repeat`."""
    return {one for one in answers if one[0] != 503} == {repeat}


async def test_old_records_are_pruned(notebook: Notebook) -> None:
    """Records are deleted after a day, not before."""
    await notebook.post("old")
    await notebook.run("UPDATE idempotency_records SET created_at = now() - interval '25 hours'")
    await notebook.post("young")
    assert await prune(notebook.database) == 1
    assert (await notebook.post("young"))[1] == '{"z":"hello","a":2}'
    assert await prune(notebook.database) == 0
