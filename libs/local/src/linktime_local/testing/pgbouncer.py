"""PgBouncer for tests: installed, or unpacked from Debian's package."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from linktime_local.servers import debian, postgres_place
from linktime_local.servers.ports import LOOPBACK, free_port
from linktime_local.servers.processes import ChildProcess, SystemAccount
from linktime_local.testing.debian_programs import program
from linktime_local.testing.engines import state_folder
from linktime_local.testing.waiting import eventually

STOP_SECONDS = 5.0


@asynccontextmanager
async def pgbouncer(settings: str, users: Mapping[str, str]) -> AsyncIterator[str]:
    """Run PgBouncer with the text of `pgbouncer.ini`; yield its host and port.

    `users` are passwords by name. Addresses and files in the settings are replaced.
    """
    with state_folder("pgbouncer") as folder:
        executable, libraries = await _program(folder)
        port = free_port()
        listed = folder / "userlist.txt"
        listed.write_text("".join(f'"{name}" "{users[name]}"\n' for name in users))
        ini = folder / "pgbouncer.ini"
        last = f"listen_addr = {LOOPBACK}\nlisten_port = {port}\nauth_file = {listed}\n"
        ini.write_text(f"{settings}\n{last}unix_socket_dir =\n")
        account = _account()
        for path in (listed, ini):
            postgres_place.own(path, account)
        child = ChildProcess.start(
            [executable, ini],
            env={"PATH": os.defpath, **libraries},
            log=folder / "pgbouncer.log",
            cwd=folder,
            account=account,
        )
        try:
            await eventually(lambda: _answers(child, port), within=20)
            yield f"{LOOPBACK}:{port}"
        finally:
            await child.stop(within=STOP_SECONDS)


async def _program(folder: Path) -> tuple[Path, Mapping[str, str]]:
    """Return the program, and the environment in which it finds its libraries."""
    found = await program("pgbouncer", package="pgbouncer")
    if found.packages is None:
        return found.path, {}
    # Where the account of a test that root runs can read it.
    copy = folder / "programs"
    await asyncio.to_thread(shutil.copytree, found.packages, copy, symlinks=True)
    return copy / found.path.relative_to(found.packages), {
        "LD_LIBRARY_PATH": debian.library_path(copy)
    }


def _account() -> SystemAccount | None:
    """Return the account to run it as, because it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return next(filter(None, map(SystemAccount.named, postgres_place.ACCOUNTS)))


async def _answers(child: ChildProcess, port: int) -> bool:
    assert child.returncode is None, child.log_tail()
    try:
        connection = await asyncpg.connect(
            host=LOOPBACK, port=port, user="nobody", database="nothing", timeout=5
        )
    except asyncpg.PostgresError:  # it refuses this user
        return True
    except OSError:
        return False
    await connection.close()
    return True
