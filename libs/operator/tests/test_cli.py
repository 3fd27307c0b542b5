"""What the command says when the machine it runs on is in the way."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from libs.operator.tests.launched import LINKTIME, Outcome, run_linktime

from linktime_operator.stack.file import (
    OperatorKeys,
    RunningPostgres,
    RunningRabbitMQ,
    ServiceDatabase,
    StackFile,
)

DSN = "postgresql://u:p@127.0.0.1:9/x"


async def typed(line: str) -> Outcome:
    """A line of a shell, where `linktime` is the command."""
    process = await asyncio.create_subprocess_shell(
        f"exec {LINKTIME} {line}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, error = await process.communicate()
    assert process.returncode is not None
    return Outcome(process.returncode, output.decode(), error.decode())


@pytest.mark.parametrize("below", ["file/below", "file"])
async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path, below: str) -> None:
    """A file where a folder belongs, with its name."""
    (tmp_path / "file").touch()
    folder = tmp_path / below
    refused = await run_linktime("deploy", "secrets", "compose", str(folder), env=os.environ)
    assert refused.status in (1, 2)
    assert str(folder) in refused.error
    assert "Traceback" not in refused.error


async def test_a_folder_that_cannot_be_made_is_json_too(tmp_path: Path) -> None:
    """One object on standard error."""
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "below")
    refused = await run_linktime("deploy", "secrets", "compose", folder, "--json", env=os.environ)
    assert refused.refusal["error"] == f"{folder} cannot be used: Not a directory."


async def test_an_empty_folder_is_not_the_current_one(tmp_path: Path) -> None:
    """As of a variable that is not set."""
    refused = await run_linktime(
        "deploy", "secrets", "kubernetes", "", env=os.environ, cwd=tmp_path
    )
    assert refused.status == 2
    assert "name of the folder is empty" in refused.error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (r"--name $(printf '\377')", "--name"),
        (r"--name=$(printf '\377')", "--name"),
        (r"$(printf '\377')", "The argument after create"),
    ],
)
async def test_arguments_that_are_not_utf_8_are_refused(arguments: str, named: str) -> None:
    """As JSON and in words, with what is wrong."""
    refused = await typed(f"user create {arguments} --json")
    assert (refused.status, refused.output) == (2, "")
    assert json.loads(refused.error) == {"error": f"{named} is not valid UTF-8."}
    assert (await typed(f"user create {arguments}")).status == 2


async def test_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """On a full disk and on a closed output: a key that is shown once must not be lost silently."""
    making = f"deploy secrets compose {tmp_path} --json"
    full = await typed(f"{making} >/dev/full")
    assert full.status == 1
    assert "No space left" in json.loads(full.error)["error"]
    closed = await typed(f"{making} >&-")
    assert closed.status == 1
    assert "Standard output is closed" in json.loads(closed.error)["error"]


async def test_the_lines_of_libraries_are_not_shown(tmp_path: Path) -> None:
    """With a broker that refuses, standard error has nothing but the command's own words."""
    StackFile(
        pid=os.getpid(),
        gateway="http://127.0.0.1:9",
        public_url="http://127.0.0.1:9",
        demo=None,
        services={},
        postgres=RunningPostgres(
            host="127.0.0.1", port=9, pid=1, databases={"scim": ServiceDatabase(dsn=DSN)}
        ),
        rabbitmq=RunningRabbitMQ(url="amqp://u:p@127.0.0.1:9/", pid=1),
        operator=OperatorKeys(keys={}),
    ).write(tmp_path)
    env = {**os.environ, "LINKTIME_STATE": str(tmp_path)}
    examined = await run_linktime("doctor", "--json", env=env)
    assert examined.json["rabbitmq"] is None
    assert examined.error == ""
