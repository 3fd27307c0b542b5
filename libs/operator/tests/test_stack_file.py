import os
import stat
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest
from libs.operator.tests.launched import invoked
from libs.operator.tests.stack_files import described

from linktime_local.servers.processes import run_once
from linktime_operator import stack_file
from linktime_operator.errors import StackError
from linktime_operator.stack.services import SERVICES

DATABASE = {"dsn": "postgresql://u:hunter2@127.0.0.1:9/x"}
WRONG = ("garbage", "amqp://u:hunter2@[::1", "", None, 10**18, True, [], {}, ["x"], {"x": "y"})


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


def places(value: Any, *above: str | int) -> Iterator[tuple[str | int, ...]]:
    """Return the path of each value in the document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in inner:
        yield (*above, name)
        if isinstance(part, dict | list):
            yield from places(part, *above, name)


def damaged() -> Iterator[dict[str, Any]]:
    """Return a valid document with each value replaced by each wrong one, or absent."""
    valid = orjson.loads(described(os.getpid()).model_dump_json())
    for place in places(valid):
        for wrong in (*WRONG, None):
            document = deepcopy(valid)
            outer: Any = document
            for name in place[:-1]:
                outer = outer[name]
            if wrong is None and isinstance(outer, dict):
                del outer[place[-1]]
            else:
                outer[place[-1]] = wrong
            yield document


def check_commands(state: Path, *, sentence: str | None) -> None:
    """Run some commands; all of them have this sentence, and none has a secret or a traceback."""
    env = {"LINKTIME_STATE": str(state)}
    examined = invoked("doctor", "--json", env=env)
    assert examined.status == 1
    assert "hunter2" not in examined.output + examined.error
    if sentence is not None:
        assert sentence in examined.json["problems"]
    for command in (["user", "list", "--json"], ["dead-letters", "list", "--json"]):
        refused = invoked(*command, env=env)
        assert "hunter2" not in refused.error
        assert refused.refusal["error"] == sentence or sentence is None


def problem_of(state: Path) -> str | None:
    """Return the error of reading the file."""
    try:
        stack_file.read(state, SERVICES)
    except StackError as error:
        return str(error)
    return None


def test_no_damage_of_the_file_is_a_traceback(tmp_path: Path) -> None:
    """Every command has one sentence, without a secret; `doctor` reports it as a problem."""
    path = tmp_path / "stack.json"
    sentence = f"{path} is damaged: stop LinkTime and start it again."
    for number, document in enumerate(damaged()):
        path.write_bytes(orjson.dumps(document))
        problem = problem_of(tmp_path)
        assert problem in {None, sentence}
        # All files that are refused are the same to the commands.
        if problem is None or number % 20 == 0:
            check_commands(tmp_path, sentence=problem)


@pytest.mark.parametrize(
    "damage",
    [
        {"operator": {"keys": {}}},
        {"operator": {"keys": {"scim": "garbage"}}},
        {"services": {}},
        {"postgres": {"host": "127.0.0.1", "port": 9, "pid": 1, "databases": {}}},
        {"postgres": {"host": "127.0.0.1", "port": 99_999, "pid": 1, "databases": {"x": DATABASE}}},
        {"rabbitmq": {"url": "garbage", "pid": 1}},
        {"rabbitmq": {"url": "amqp://u:hunter2@[::1", "pid": 1}},
        {"pid": 0},
        {"gateway": "http://127.0.0.1:99999"},
    ],
)
def test_a_damaged_value_is_one_sentence(tmp_path: Path, damage: dict[str, Any]) -> None:
    """Of each kind: a key, a URL, a port, a process id, and what is absent."""
    path = tmp_path / "stack.json"
    path.write_bytes(orjson.dumps(orjson.loads(described(os.getpid()).model_dump_json()) | damage))
    check_commands(tmp_path, sentence=f"{path} is damaged: stop LinkTime and start it again.")
