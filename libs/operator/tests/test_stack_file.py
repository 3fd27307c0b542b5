import os
import stat
from pathlib import Path

import pytest

from linktime_local.servers.processes import run_once
from linktime_operator import stack_file
from linktime_operator.errors import StackError
from linktime_operator.stack_file import (
    OperatorKeys,
    RunningCalendar,
    RunningMail,
    RunningPostgres,
    RunningRabbitMQ,
    StackFile,
)


def described(pid: int) -> StackFile:
    return StackFile(
        pid=pid,
        gateway="http://127.0.0.1:8080",
        public_url="http://127.0.0.1:8080",
        demo=None,
        services={},
        postgres=RunningPostgres(host="127.0.0.1", port=5432, pid=1, databases={}),
        rabbitmq=RunningRabbitMQ(url="amqp://127.0.0.1", pid=1),
        mail=RunningMail(smtp="smtp://127.0.0.1:1025", inbox="http://127.0.0.1:8025", pid=1),
        calendar=RunningCalendar(url="http://127.0.0.1:5232/", user="u", password="p", pid=1),
        operator=OperatorKeys(keys={}),
    )


def test_the_file_is_private_and_read_back(tmp_path: Path) -> None:
    """The file contains keys and passwords."""
    written = described(os.getpid())
    written.write(tmp_path)
    assert stack_file.read(tmp_path) == written
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


def test_no_file_is_no_stack(tmp_path: Path) -> None:
    """Neither is a removed one."""
    assert stack_file.read(tmp_path) is None
    described(os.getpid()).write(tmp_path)
    stack_file.remove(tmp_path)
    stack_file.remove(tmp_path)
    assert stack_file.read(tmp_path) is None


async def test_the_file_of_a_killed_launcher_is_no_stack(tmp_path: Path) -> None:
    """Its ports may be unused, or used by another program."""
    ended = tmp_path / "ended"
    await run_once(["sh", "-c", f"echo $$ > {ended}"], env={}, log=tmp_path / "log", within=10)
    described(int(ended.read_text())).write(tmp_path)
    assert stack_file.read(tmp_path) is None


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A truncated file, or an older format, does not give a traceback."""
    path = tmp_path / "stack.json"
    for content in ('{"pid": 1', '{"pid": 1, "operator": {"keys": ["hunter2"]}}'):
        path.write_text(content)
        with pytest.raises(StackError) as refused:
            stack_file.read(tmp_path)
        assert str(refused.value) == f"{path} is damaged: stop LinkTime and start it again."
