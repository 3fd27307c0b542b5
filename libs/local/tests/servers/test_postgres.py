"""The private PostgreSQL server."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from linktime_common.process_table import command_line, descendants
from linktime_local.servers import debian, postgres, postgres_binaries, postgres_place
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import is_free
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.engines import state_folder

LEAVES_ONE_PAUSED = """
import asyncio, os, sys
from pathlib import Path
from linktime_local.servers.postgres import PostgresServer
async def main():
    server = PostgresServer(Path(sys.argv[1]), durable=False)
    await server.start()
    print(server.pid, flush=True)
    server.pause()
    await asyncio.sleep(300)
asyncio.run(main())
"""
OVERLAP = """
    CREATE EXTENSION btree_gist;
    CREATE EXTENSION pg_trgm;
    CREATE TABLE held (
        host uuid, during tstzrange, EXCLUDE USING gist (host WITH =, during WITH &&)
    );
    INSERT INTO held
         VALUES ('00000000-0000-0000-0000-000000000001', '[2030-01-01 10:00Z,2030-01-01 11:00Z)'),
                ('00000000-0000-0000-0000-000000000001', '[2030-01-01 11:00Z,2030-01-01 12:00Z)');
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A state folder that any account may enter."""
    with state_folder("postgres") as path:
        yield path


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[PostgresServer]:
    """A started server, shared: a test that stops it starts it again."""
    with state_folder("postgres") as folder:
        server = PostgresServer(folder, durable=False)
        await server.start()
        yield server
        await server.stop()


@pytest.fixture(scope="module")
async def installed() -> AsyncIterator[tuple[Path, str | None]]:
    """The programs and library path of a PostgreSQL: installed, or else unpacked."""
    found = [
        path
        for path in map(Path, sorted(map(str, Path("/").glob("usr/lib/postgresql/*/bin"))))
        if (path / "initdb").exists()
    ]
    if found:
        yield found[-1], None
        return
    with state_folder("unpacked") as cache:
        tree = await debian.unpacked(
            "postgresql", own=("postgresql", "libpq5"), cache=cache, progress=print
        )
        yield next(tree.glob("usr/lib/postgresql/*/bin")), debian.library_path(tree)


async def value(server: PostgresServer, query: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def execute(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_features_of_the_schemas(server: PostgresServer) -> None:
    """Exclusion constraints over uuid and time, similarity of letters, sorting by code point."""
    await execute(server, OVERLAP)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await execute(server, "INSERT INTO held SELECT host, during FROM held LIMIT 1")
    assert await value(server, "SELECT similarity('Ünal Ørsted', 'ünal ørsted')") == 1
    assert await value(server, "SELECT lower('ÄÖÜ') || ('Z' < 'a')::text") == "äöütrue"
    assert await value(server, "SHOW server_encoding") == "UTF8"


async def test_stop_and_restart(
    server: PostgresServer,
) -> None:
    """No process is left, and port, password and rows stay the same."""
    await execute(server, "CREATE TABLE kept_by_stop AS SELECT 7 AS number")
    port, dsn = server.port, server.dsn
    family = [server.pid, *descendants(server.pid)]
    await server.stop()
    assert [command_line(pid) for pid in family] == [None] * len(family)
    assert is_free(port)
    await server.start()
    assert server.dsn == dsn
    assert await value(server, "SELECT number FROM kept_by_stop") == 7


async def test_start_after_kill(server: PostgresServer) -> None:
    """A stale postmaster.pid and shared memory do not prevent a start."""
    await execute(server, "CREATE TABLE kept_by_kill AS SELECT 7 AS number")
    await server.kill()
    await server.start()
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()
    await server.start()
    assert await value(server, "SELECT number FROM kept_by_kill") == 7


async def test_pause_and_resume(server: PostgresServer) -> None:
    """Open connections hang while it is paused and continue afterwards."""
    connection = await asyncpg.connect(server.dsn)
    server.pause()
    with pytest.raises(TimeoutError):
        await connection.execute("SELECT 1", timeout=0.2)
    server.resume()
    assert await value(server, "SELECT 1") == 1
    await connection.close()


async def test_one_folder_has_one_owner(server: PostgresServer) -> None:
    """A second start with the same folder is refused with the folder named."""
    folder = server._state.path
    with pytest.raises(ServerUnavailable, match=f"already running on {folder}"):
        await PostgresServer(folder).start()
    assert await value(server, "SELECT 1") == 1


async def test_server_of_a_killed_owner_is_stopped(folder: Path) -> None:
    """The next start stops it, even if it is paused."""
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES_ONE_PAUSED, str(folder)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        left = int(owner.stdout.readline())
        owner.send_signal(signal.SIGKILL)
    server = PostgresServer(folder, durable=False)
    await server.start()
    assert command_line(left) is None
    await server.stop()


async def test_a_wrong_password_is_named_by_its_file(server: PostgresServer) -> None:
    """At once: PostgreSQL answers, so it is no outage."""
    kept = server._state.secret_file("postgres")
    await server.stop()
    right = kept.read_text()
    kept.write_text("wrong")
    try:
        with pytest.raises(ServerUnavailable) as refused:
            await server.start()
    finally:
        kept.write_text(right)
        await server.start()
    sentence = f"PostgreSQL refuses the password in {kept}: restore that file from a backup."
    assert str(refused.value) == sentence


async def test_log_contains_no_data(server: PostgresServer) -> None:
    """Errors are logged without rows and statements."""
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute(
            "CREATE TABLE people (email text UNIQUE, seats int CHECK (seats > 0))"
        )
        insert = "INSERT INTO people VALUES ($1, $2)"
        await connection.execute(insert, "sarah@example.com", 1)
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(insert, "sarah@example.com", 1)
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(insert, "zoe@example.com", 0)
        with pytest.raises(asyncpg.UndefinedObjectError):
            await connection.execute("ALTER ROLE nobody_knows PASSWORD 'hunter2-hunter2'")
    finally:
        await connection.close()
    await server.stop()
    log = (server._state.path / "postgres.log").read_text()
    await server.start()
    assert 'violates unique constraint "people_email_key"' in log
    for secret in ("sarah@", "zoe@", "hunter2", "INSERT", "ALTER"):
        assert secret not in log


async def test_taken_port(folder: Path) -> None:
    """The error names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerUnavailable, match=f"Port {port} for PostgreSQL is taken"):
            await PostgresServer(folder, port=port, durable=False).start()


async def test_inaccessible_state_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by root in a private folder, its data is elsewhere and found again."""
    closed, elsewhere = folder / "closed", folder / "elsewhere"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_place, "ELSEWHERE", (elsewhere,))
    server = PostgresServer(closed / "state", durable=False)
    await server.start()
    await execute(server, "CREATE TABLE kept AS SELECT 7 AS number")
    await server.stop()
    again = PostgresServer(closed / "state", durable=False)
    await again.start()
    assert await value(again, "SELECT number FROM kept") == 7
    await again.stop()
    assert (closed / "state/location").exists() == (os.geteuid() == 0)


async def test_an_installed_server_is_used_and_its_data_kept_from_another_major(
    folder: Path, installed: tuple[Path, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With LINKTIME_POSTGRES_BIN it works, but refuses data of another major version."""
    programs, library_path = installed
    monkeypatch.setenv("LINKTIME_POSTGRES_BIN", str(programs))
    if library_path:
        monkeypatch.setenv("LD_LIBRARY_PATH", library_path)
    server = PostgresServer(folder, durable=False)
    await server.start()
    await execute(server, OVERLAP)
    await server.stop()
    (folder / "postgres/data/PG_VERSION").write_text("14\n")
    with pytest.raises(
        ServerUnavailable, match=r"made by PostgreSQL 14 and this is PostgreSQL \d+"
    ):
        await server.start()


async def test_an_installed_server_is_found_where_the_wheel_has_no_build(
    installed: tuple[Path, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the wheel, installed versions are found."""
    programs, library_path = installed
    if library_path:
        monkeypatch.setenv("LD_LIBRARY_PATH", library_path)
    monkeypatch.setattr(postgres_binaries.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(postgres_binaries, "INSTALLED_PATTERNS", (str(programs),))
    assert postgres_binaries.find().folder == programs


async def test_a_server_without_contrib_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the missing extension and how to install it."""
    monkeypatch.setattr(postgres, "NEEDED_EXTENSIONS", ("btree_gist", "not_in_this_build"))
    with pytest.raises(ServerUnavailable, match=r"lacks not_in_this_build\. .*apt-get install"):
        await PostgresServer(folder, durable=False).start()


def test_no_postgresql_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error says how to install it."""
    monkeypatch.setattr(postgres_binaries.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(postgres_binaries, "INSTALLED_PATTERNS", ())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ServerUnavailable, match="sudo apt-get install postgresql"):
        postgres_binaries.find()
    monkeypatch.setenv("LINKTIME_POSTGRES_BIN", "/nowhere")
    with pytest.raises(ServerUnavailable, match="LINKTIME_POSTGRES_BIN names /nowhere"):
        postgres_binaries.find()


async def test_stale_pid_of_another_program(server: PostgresServer) -> None:
    """After a reboot the pid may be another program's, which is not stopped."""
    await server.stop()
    data = next(server._state.path.rglob("PG_VERSION")).parent
    with subprocess.Popen(["sleep", "300"]) as other:
        (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n")
        await server.start()
        assert await value(server, "SELECT 1") == 1
        assert other.poll() is None
        other.kill()
