"""Errors of the command that the machine causes."""

import asyncio
import errno
import json
import os
import re
import shlex
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from libs.operator.tests.command_names import commands_of
from libs.operator.tests.launched import LINKTIME, Outcome, run_linktime
from libs.operator.tests.stack_files import described

from linktime_operator.cli import _in_words, linktime, main
from linktime_operator.commands.base import WholeNumber
from linktime_operator.operations.reasons import MEANINGS, meaning

NO_PASSWORD = "There is no password on standard input."
FULL = "The output cannot be written: No space left on device. The command may have had its effect."
NO_FILE = "Invalid value for '--file': Standard input is closed."


async def typed(line: str) -> Outcome:
    """Run a shell line in which `linktime` is the command."""
    process = await asyncio.create_subprocess_shell(
        f"exec {LINKTIME} {line}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, error = await process.communicate()
    assert process.returncode is not None
    return Outcome(process.returncode, output.decode(), error.decode())


async def test_the_command_shows_its_version() -> None:
    """The version of all packages."""
    assert await typed("--version") == Outcome(0, f"linktime {version('linktime-operator')}\n", "")


class Here:
    """Runs the entry point in this process, since importing its libraries takes a second."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.patch = patch
        self._captured = captured

    def run(self, *arguments: str) -> Outcome:
        """Run `linktime` with arguments that make it exit before any call."""
        self.patch.setattr(sys, "argv", ["linktime", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = self._captured.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, shown.out, shown.err)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


@pytest.mark.parametrize("below", ["file/below", "file"])
async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path, below: str) -> None:
    """A file in place of a folder, with its name."""
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
    """As of an unset variable."""
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
async def test_arguments_that_are_not_utf_8_are_refused(
    arguments: str, named: str, here: Here
) -> None:
    """As JSON and as text, with the reason."""
    refused = await typed(f"user create {arguments} --json")
    assert (refused.status, refused.output) == (2, "")
    assert json.loads(refused.error) == {
        "error": f"{named} is not valid UTF-8.",
        "code": "invalid_request",
    }
    undecodable = arguments.replace(r"$(printf '\377')", "\udcff")
    assert here.run("user", "create", *undecodable.split()).status == 2


@pytest.mark.parametrize("unbuffered", ["", "1"])
async def test_output_that_cannot_be_written_is_an_error(
    tmp_path: Path, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk and on a closed output: a key is shown only once. Also of bytes."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    making = f"deploy secrets compose {tmp_path} --json"
    full = await typed(f"{making} >/dev/full")
    assert full.status == 1
    assert json.loads(full.error)["error"] == FULL
    shown = await typed("mail preview confirmation >/dev/full")
    assert (shown.status, shown.error.strip()) == (1, FULL)
    closed = await typed(f"{making} >&-")
    assert closed.status == 1
    assert "Standard output is closed" in json.loads(closed.error)["error"]


async def test_a_file_that_cannot_be_read_is_no_error_of_the_output(tmp_path: Path) -> None:
    """The error of a read does not name the file: of a document, and of the stack."""
    describe = "event-type create --user a@example.com --file /proc/self/mem --json"
    refused = await typed(describe)
    assert json.loads(refused.error)["error"] == "The document cannot be read: Input/output error."
    (tmp_path / "stack.json").symlink_to("/proc/self/mem")
    state = {**os.environ, "LINKTIME_STATE": str(tmp_path)}
    refused = await run_linktime("org", "list", "--json", env=state)
    assert refused.refusal["error"].endswith("stack.json cannot be read: Input/output error.")


def test_an_error_without_a_file_is_one_of_the_output_only_if_writing_it_failed() -> None:
    error = OSError(errno.EIO, "Input/output error")
    of_output = str(_in_words(error, is_of_output=True))
    assert of_output.startswith("The output cannot be written: Input/output error.")
    other = str(_in_words(error, is_of_output=False))
    assert other == "A file or a connection cannot be used: Input/output error."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("user create --email a@example.com --name A --password-stdin", NO_PASSWORD),
        ("calendar connect --user a@example.com --password-stdin", NO_PASSWORD),
        ("calendar connect --user a@example.com --url-stdin", "There is no URL on standard input."),
        ("event-type create --user a@example.com --file -", NO_FILE),
        ("schedule set --user a@example.com --file -", NO_FILE),
    ],
)
async def test_a_closed_standard_input_is_a_misuse(arguments: str, said: str, here: Here) -> None:
    """As text and as JSON, before any call."""
    refused = await typed(f"{arguments} --json <&-")
    assert (refused.status, refused.output) == (2, "")
    assert json.loads(refused.error) == {"error": said, "code": "invalid_request"}
    here.patch.setattr(sys, "stdin", None)  # as Python starts with a closed one
    assert said in here.run(*arguments.split()).misuse


async def test_other_encodings_show_escapes(tmp_path: Path) -> None:
    """In texts and in JSON; it was a traceback."""
    folder = tmp_path / "zo\u00eb"
    folder.mkdir()
    described(os.getpid()).write(folder)
    env = {**os.environ, "LINKTIME_STATE": str(folder), "PYTHONIOENCODING": "ascii"}
    shown = await run_linktime("doctor", env=env)
    assert "\\u2013" in shown.output  # the dash of an unknown version
    examined = await run_linktime("doctor", "--json", env=env)
    assert any(f"{folder}/postgresql" in problem for problem in examined.json["problems"])


async def test_the_lines_of_libraries_are_not_shown(tmp_path: Path) -> None:
    """With a broker that refuses, standard error has only the command's own message."""
    described(os.getpid()).write(tmp_path)
    env = {**os.environ, "LINKTIME_STATE": str(tmp_path)}
    examined = await run_linktime("doctor", "--json", env=env)
    assert examined.json["rabbitmq"] is None
    assert examined.error == ""
    assert [one for one in examined.json["problems"] if "does not answer at 127" in one] == [
        f"PostgreSQL does not answer at 127.0.0.1:9. See {tmp_path}/postgresql/postgres.log.",
        f"RabbitMQ does not answer at 127.0.0.1:9. See {tmp_path}/rabbitmq/rabbitmq.log.",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("api-key list --user '' --json", "--user is empty."),
        (f"api-key list --user {'a' * 20_000} --json", "--user is not an e-mail address"),
        ("org create --name X --owner ' ' --json", "--owner is empty."),
        ("user set-plan --user a@example.com --json", "Choose from: FREE, PRO"),
        ("resync --json", "Missing argument 'SERVICE'"),
        ("calendar connect --user a@example.com --url-stdin --url x --json", "--url-stdin neither"),
        (
            "calendar connect --user a@example.com --url-stdin --password-stdin --json",
            "--url-stdin neither",
        ),
        ("api-key list --user a@example.com --page 1_0 --json", "'1_0' is not a whole number."),
        ("booking list --user a@example.com --page 9007199254740992 --json", "is not in the range"),
        ("webhook listen --port ' 5' --json", "' 5' is not a whole number."),
        ("webhook listen --answer ٢٠٠ --json", "'٢٠٠' is not a whole number."),
        ("webhook listen --port +9000 --json", "'+9000' is not a whole number."),
        ("webhook listen --port -1 --json", "-1 is not in the range"),
    ],
)
def test_a_misuse_is_one_line(arguments: str, said: str, here: Here) -> None:
    """With status 2, before any call."""
    refused = here.run(*shlex.split(arguments))
    assert (refused.status, refused.output) == (2, "")
    sentence = json.loads(refused.error)["error"]
    assert said in sentence
    assert "\n" not in sentence


def test_the_choices_of_a_missing_argument_are_shown_in_one_line(here: Here) -> None:
    """After a comma and a blank; click puts a tab before each."""
    shown = here.run("resync").misuse.splitlines()[-1]
    assert shown == (
        "Error: Missing argument 'SERVICE'. Choose from: "
        "availability, bookings, contacts, gateway, scim, webhooks"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        r"scim-token create --org $(printf '\033]0;x\007\033[31mred')",
        r"$(printf '\033[31mred')",
        r"run --$(printf 'x\033[31mred')",
        r"run $(printf '\302\233red')",
    ],
)
async def test_a_misuse_shows_no_control_characters(arguments: str) -> None:
    """Neither of an option's value nor of a name; the usage is shown as ever."""
    refused = await typed(arguments)
    assert refused.status == 2
    assert refused.error.startswith("Usage: linktime ")
    assert refused.error.endswith("\n")
    assert refused.error.replace("\n", "").isprintable()


async def test_help_and_a_missing_command_show_the_help() -> None:
    """With status 0 if it was asked for, else 2."""
    asked, missing = await typed("user --help"), await typed("user")
    assert (asked.status, missing.status) == (0, 2)
    assert asked.output.strip() == missing.error.strip()


def test_each_reason_of_a_failed_attempt_has_its_meaning() -> None:
    """The same words as in the guide for subscribers."""
    guide = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text("utf-8")
    section = guide.partition("## Failure reasons")[2].partition("\n## ")[0]
    assert dict(re.findall(r"^\| `([a-z_0-9]+)` \| ([^|]+) \|", section, re.MULTILINE)) == MEANINGS
    assert meaning("connect") == f"{MEANINGS['connect']} (connect)"
    assert meaning("http_503") == "the server answered with status 503"


def test_every_whole_number_is_digits_only() -> None:
    """No option has a type of click's, which also accepts `1_0` and ` 5`."""
    commands = [one for group in groups(linktime) for one in commands_of(group).values()]
    numbers = [
        option.type
        for command in commands
        for option in command.params
        if isinstance(option.type, click.types.IntParamType)
    ]
    assert numbers
    assert [one for one in numbers if not isinstance(one, WholeNumber)] == []


def groups(group: click.Group) -> list[click.Group]:
    """Return the group and each group below it."""
    below = [one for one in commands_of(group).values() if isinstance(one, click.Group)]
    return [group, *(each for one in below for each in groups(one))]


def test_each_command_is_listed_under_its_own_name() -> None:
    """The table of modules and the commands themselves agree."""
    found = commands_of(linktime)
    assert {name: command.name for name, command in found.items()} == {name: name for name in found}
    assert list(found) == sorted(found)


def test_no_sentence_of_a_help_page_is_cut_off() -> None:
    """A list of commands fits into a terminal of 80 columns, of which click uses 78."""
    cut = []
    for group in groups(linktime):
        width = 78 - 6 - max(map(len, commands_of(group)))
        sentences = [one.get_short_help_str(width) for one in commands_of(group).values()]
        cut += [sentence for sentence in sentences if sentence.endswith("...")]
    assert cut == []
