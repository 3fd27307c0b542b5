"""A private PostgreSQL server on loopback, with its data in a state folder."""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import asyncpg

from linktime_common.private_files import write_private
from linktime_local.servers import postgres_binaries, postgres_place
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.ports import LOOPBACK, free_port, is_free
from linktime_local.servers.postgres_binaries import PostgresBinaries
from linktime_local.servers.postgres_place import Place
from linktime_local.servers.processes import Argument, ChildProcess, run_once
from linktime_local.servers.progress import silent
from linktime_local.servers.state import StateFolder, stop_leftover

SUPERUSER = "linktime"
NEEDED_EXTENSIONS = ("btree_gist", "pg_trgm")
START_SECONDS = 60.0
STOP_SECONDS = 20.0
START_ATTEMPTS = 4
# Log messages after which a retry can succeed: a killed server's last processes still use its
# shared memory, or the free port was taken meanwhile.
TRANSIENT_ERRORS = ("pre-existing shared memory block", "could not bind")
# Keeps data of rows and statements out of the log: no DETAIL, no CONTEXT, no STATEMENT.
LOG_WITHOUT_DATA = ("log_error_verbosity=terse", "log_min_error_statement=panic")
# Commits still reach the page cache, so a killed server loses none; tests rely on that.
NOT_DURABLE = ("fsync=off", "full_page_writes=off")
MISSING_EXTENSIONS = """
    SELECT wanted
      FROM unnest($1::text[]) AS wanted
     WHERE wanted NOT IN (SELECT name FROM pg_available_extensions)
     ORDER BY wanted
"""


class PostgresServer:
    """A private PostgreSQL server; it can be stopped and started again, the data stays.

    With `port` None, a free port is chosen at the first start. `durable=False` is for tests only:
    a power cut can lose data, a kill cannot. `progress` is called with a short sentence before
    each long step.
    """

    host = LOOPBACK

    def __init__(
        self,
        state: Path,
        *,
        port: int | None = None,
        max_connections: int = 200,
        durable: bool = True,
        progress: Callable[[str], None] = silent,
    ) -> None:
        self._state = StateFolder(state, postgres_place.folder_mode())
        self._wanted_port = port
        self._port = port
        self._max_connections = max_connections
        self._durable = durable
        self._progress = progress
        self._child: ChildProcess | None = None

    @property
    def port(self) -> int:
        """The loopback port; known after the first start."""
        if self._port is None:
            raise ServerUnavailable("PostgreSQL has no port before its first start.")
        return self._port

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._running().pid

    @property
    def dsn(self) -> str:
        """The superuser's DSN of the database `postgres`."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str) -> str:
        """Return the superuser's DSN of a database."""
        password = self._state.secret("postgres")
        return f"postgresql://{SUPERUSER}:{password}@{self.host}:{self.port}/{quote(database)}"

    async def start(self) -> None:
        """Start it and wait until it accepts connections; raises ServerUnavailable."""
        self._state.claim("PostgreSQL")
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop it (fast shutdown: open transactions are rolled back); no-op when stopped."""
        if self._child is not None:
            await self._child.stop(within=STOP_SECONDS)
            self._child = None
        self._state.release()

    async def kill(self) -> None:
        """Kill all its processes with SIGKILL, like a crash; `start` recovers."""
        await self._running().kill()
        self._child = None
        self._state.release()

    def pause(self) -> None:
        """Suspend all its processes with SIGSTOP: connections stay open without responses."""
        self._running().pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._running().resume()

    def _running(self) -> ChildProcess:
        if self._child is None:
            raise ServerUnavailable("PostgreSQL is not running.")
        return self._child

    async def _start(self) -> None:
        binaries = postgres_binaries.find()
        place = postgres_place.choose(self._state.path, self._progress)
        _refuse_other_major(place, binaries)
        binaries = postgres_place.reachable_binaries(binaries, place)
        pid_file = place.data / "postmaster.pid"
        await stop_leftover(pid_file, sign=str(place.data), stop_signal=signal.SIGINT)
        if not place.data.exists():
            self._progress(f"Creating PostgreSQL's data folder (version {binaries.major}) …")
            await self._initdb(binaries, place)
        for attempt in range(1, START_ATTEMPTS + 1):
            if await self._launch(binaries, place, last=attempt == START_ATTEMPTS):
                break
        await self._refuse_missing_extensions()

    async def _initdb(self, binaries: PostgresBinaries, place: Place) -> None:
        # Renamed at the end, so that a killed initdb leaves no incomplete data folder.
        partial, password = place.folder / "data.partial", place.folder / "password.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        write_private(password, self._state.secret("postgres"))
        for path in (partial, password):
            postgres_place.own(path, place.account)
        log = self._state.path / "initdb.log"
        args: list[Argument] = [binaries.folder / "initdb", "--pgdata", partial]
        args += ["--username", SUPERUSER]
        args += ["--pwfile", password, "--auth", "scram-sha-256", "--encoding", "UTF8", *_locale()]
        args += [] if self._durable else ["--no-sync"]
        code = await run_once(args, env=_env(binaries), log=log, within=120, account=place.account)
        password.unlink()
        if code != 0:
            raise ServerUnavailable(f"initdb failed in {place.data}; see {log}: {_tail(log)}")
        partial.rename(place.data)

    async def _launch(self, binaries: PostgresBinaries, place: Place, *, last: bool) -> bool:
        if self._wanted_port is None and (self._port is None or not is_free(self._port)):
            self._port = free_port()
        if not is_free(self.port):
            raise ServerUnavailable(f"Port {self.port} for PostgreSQL is taken; choose another.")
        log = self._state.path / "postgres.log"
        log.unlink(missing_ok=True)
        args: list[Argument] = [binaries.folder / "postgres", "-D", place.data]
        for setting in self._settings():
            args += ["-c", setting]
        self._child = ChildProcess.start(
            args,
            env=_env(binaries),
            log=log,
            cwd=Path("/"),
            account=place.account,
            stop_signal=signal.SIGINT,
        )
        if await self._accepts_connections():
            return True
        code = self._child.returncode
        await self._child.kill()
        tail = self._child.log_tail()
        if code is not None and not last and any(text in tail for text in TRANSIENT_ERRORS):
            await asyncio.sleep(0.5)
            return False
        why = "did not accept connections" if code is None else f"ended with {code}"
        raise ServerUnavailable(f"PostgreSQL {why}; see {log}:\n{tail}")

    def _settings(self) -> list[str]:
        return [
            f"listen_addresses={self.host}",
            f"port={self.port}",
            "unix_socket_directories=",
            "shared_buffers=64MB",
            f"max_connections={self._max_connections}",
            "timezone=UTC",
            "log_timezone=UTC",
            # JIT compilation costs more than it saves for short statements.
            "jit=off",
            "log_destination=stderr",
            "logging_collector=off",
            *LOG_WITHOUT_DATA,
            *([] if self._durable else NOT_DURABLE),
        ]

    async def _accepts_connections(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._running().returncode is None:
            try:
                connection = await asyncpg.connect(self.dsn, timeout=5)
            except asyncpg.InvalidAuthorizationSpecificationError as error:
                raise ServerUnavailable(
                    f"PostgreSQL refuses the password in {self._state.secret_file('postgres')}: "
                    "restore that file from a backup."
                ) from error
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.03)
            else:
                await connection.close()
                return True
        return False

    async def _refuse_missing_extensions(self) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            missing = await connection.fetch(MISSING_EXTENSIONS, list(NEEDED_EXTENSIONS))
        finally:
            await connection.close()
        if missing:
            names = ", ".join(row["wanted"] for row in missing)
            raise ServerUnavailable(
                f"This PostgreSQL lacks {names}. {postgres_binaries.HOW_TO_INSTALL}"
            )


def _refuse_other_major(place: Place, binaries: PostgresBinaries) -> None:
    version = place.data / "PG_VERSION"
    made_by = version.read_text().strip() if version.exists() else str(binaries.major)
    if made_by != str(binaries.major):
        raise ServerUnavailable(
            f"The data in {place.data} was made by PostgreSQL {made_by} and this is "
            f"PostgreSQL {binaries.major}: set {postgres_binaries.BINARIES_VARIABLE} to the old "
            "version's programs, or move that folder to start with an empty database."
        )


def _locale() -> list[str]:
    # Sorts by code point and classifies all letters, the same on every machine and version.
    if sys.platform == "linux":
        return ["--locale", "C.UTF-8"]
    return ["--locale", "en_US.UTF-8", "--lc-collate", "C"]


def _env(binaries: PostgresBinaries) -> dict[str, str]:
    # Without the user's PG… variables. The programs find their libraries by a relative path, but
    # not in a root file system without /proc, so LD_LIBRARY_PATH is set as well.
    folders = [*map(str, binaries.bundle[1:]), os.environ.get("LD_LIBRARY_PATH", "")]
    libraries = ":".join(filter(None, folders))
    found = {"LD_LIBRARY_PATH": libraries} if libraries else {}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_MESSAGES": "C", **found}


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])
