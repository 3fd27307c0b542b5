"""PgBouncer for tests: installed, or unpacked from Debian's package."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from linktime_local.servers import debian, postgres_place
from linktime_local.servers.ports import LOOPBACK, free_port
from linktime_local.servers.processes import ChildProcess, SystemAccount
from linktime_local.servers.rabbitmq_binaries import cache_folder
from linktime_local.testing.engines import state_folder
from linktime_local.testing.waiting import eventually

STOP_SECONDS = 5.0


@asynccontextmanager
async def pgbouncer(settings: str, users: Mapping[str, str]) -> AsyncIterator[str]:
    """Run PgBouncer with the text of `pgbouncer.ini`; yield its host and port.

    `users` are passwords by name. Addresses and files in the settings are replaced.
    """
    with state_folder("pgbouncer") as folder:
        program, libraries = await _program(folder)
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
            [program, ini],
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
    """Return the program, and the environment in which it finds its libraries.

    Skips the test on systems without Debian's packages, if it is not installed.
    """
    installed = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin")
    if installed:
        return Path(installed), {}
    cache = cache_folder()
    if cache is None or not debian.is_possible():
        pytest.skip("neither PgBouncer nor Debian's package tools are installed")
    root = await debian.unpacked("pgbouncer", own=("pgbouncer",), cache=cache, progress=print)
    # Where the account of a test that root runs can read it.
    copy = await asyncio.to_thread(shutil.copytree, root, folder / "programs", symlinks=True)
    return copy / "usr/sbin/pgbouncer", {"LD_LIBRARY_PATH": debian.library_path(copy)}


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
