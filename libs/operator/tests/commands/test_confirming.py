"""Commands whose effect cannot be undone."""

import os
import pty
import shlex
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from libs.operator.tests.command_names import commands
from libs.operator.tests.launched import LINKTIME

from linktime_operator.cli import linktime

DELETING = {"delete", "erase", "remove", "drop", "revoke", "disconnect", "cancel"}
REPLACING = {"calendar feed create"}
"""What they replace is lost."""
SHOWING = {"reconcile"}
"""Without the option it does not ask, but shows what it would do."""
DELETE = ("contact", "delete", "--user", "ann@example.com", "--id", str(UUID(int=7)))
QUESTION = f"Delete the contact {UUID(int=7)} of ann@example.com? This cannot be undone. [y/N]: "
NO_STACK = "No running LinkTime was found"


def test_each_destructive_command_can_be_confirmed() -> None:
    """And no other command has the option."""
    deleting = {name for name, _options in commands(linktime) if DELETING & set(_words(name))}
    named = deleting | REPLACING | SHOWING
    assert {name for name, options in commands(linktime) if "--yes" in options} == named
    assert {"contact delete", "booking cancel", "webhook delete", "dead-letters drop"} <= named


def _words(name: str) -> list[str]:
    """Return the words of the last part of a command."""
    return name.rsplit(maxsplit=1)[-1].split("-")


@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_a_script_is_not_asked(tmp_path: Path, more: tuple[str, ...]) -> None:
    """Scripts from before the question need no change."""
    env = {"LINKTIME_STATE": str(tmp_path)}
    ran = CliRunner().invoke(linktime, (*DELETE, *more), b"", env)
    assert "cannot be undone" not in ran.stderr
    assert NO_STACK in ran.stderr


@pytest.mark.parametrize("more", ["", "--json"])
def test_without_standard_input_it_is_not_asked(tmp_path: Path, more: str) -> None:
    """As a script that closes it; without a traceback."""
    ran = subprocess.run(
        ["sh", "-c", f"exec {shlex.join([str(LINKTIME), *DELETE])} {more} <&-"],
        check=False,
        capture_output=True,
        env={**os.environ, "LINKTIME_STATE": str(tmp_path)},
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert NO_STACK in ran.stderr.decode()
    assert "Traceback" not in ran.stderr.decode()


def _answered(answer: bytes, state: Path) -> tuple[int, str]:
    """Return status and standard error of the command on a terminal."""
    ours, its = pty.openpty()
    os.write(ours, answer)
    run = subprocess.run(
        [LINKTIME, *DELETE],
        check=False,
        stdin=its,
        capture_output=True,
        env={**os.environ, "LINKTIME_STATE": str(state)},
        timeout=60,
    )
    os.close(ours)
    os.close(its)
    assert run.stdout == b""
    return run.returncode, run.stderr.decode()


def test_on_a_terminal_it_asks_and_does_nothing_without_a_yes(tmp_path: Path) -> None:
    """Status 1, and no call."""
    status, asked = _answered(b"\n", tmp_path)
    assert status == 1
    assert asked.startswith(QUESTION)
    assert "Not confirmed: nothing was done." in asked
    assert NO_STACK not in asked


def test_on_a_terminal_a_yes_is_enough(tmp_path: Path) -> None:
    """The command then searches for the services."""
    status, asked = _answered(b"y\n", tmp_path)
    assert status == 1
    assert asked.startswith(QUESTION)
    assert NO_STACK in asked
