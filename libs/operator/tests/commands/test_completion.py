"""Completion of commands by shells."""

import os
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from libs.operator.tests.launched import LINKTIME

from linktime_operator.cli import linktime

COMPLETE = """
eval "$(linktime completion bash)"
COMP_WORDS=(linktime time) COMP_CWORD=1
_linktime_completion linktime
echo "${COMPREPLY[@]}"
COMPREPLY=() COMP_WORDS=(linktime booking cancel --re) COMP_CWORD=3
_linktime_completion linktime
echo "${COMPREPLY[@]}"
"""


def completion(*arguments: str) -> Result:
    """Run `linktime completion` in this process."""
    return CliRunner().invoke(linktime, ("completion", *arguments))


def test_bash_completes_commands_and_options() -> None:
    """With the printed script."""
    path = f"{LINKTIME.parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        timeout=60,
    )
    assert run.stdout.splitlines() == ["time-off", "--reason"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shell: str, tmp_path: Path) -> None:
    """Which the shell, if it is installed, accepts."""
    printed = completion(shell)
    assert (printed.exit_code, printed.stderr) == (0, "")
    assert f"_LINKTIME_COMPLETE={shell}_complete" in printed.stdout
    as_json = orjson.loads(completion(shell, "--json").stdout)
    assert as_json == {"shell": shell, "script": printed.stdout.removesuffix("\n")}
    if shutil.which(shell) is not None:
        script = tmp_path / "script"
        script.write_text(printed.stdout)
        subprocess.run([shell, "-n", str(script)], check=True, timeout=60)


def test_an_unknown_shell_is_refused() -> None:
    """With the known ones."""
    refused = completion("cmd")
    assert refused.exit_code == 2
    for shell in ("bash", "zsh", "fish"):
        assert shell in refused.stderr
