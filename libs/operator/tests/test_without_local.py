"""The `linktime` command without linktime_local, as in its image."""

import subprocess
import sys
from pathlib import Path

from linktime_operator.commands.stack import NOT_INSTALLED

PROGRAM = """
import sys
sys.modules["linktime_local"] = None
from linktime_operator.entry import main
main()
"""


def linktime(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a Python that cannot import linktime_local."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_deployments_need_no_private_servers(tmp_path: Path) -> None:
    """The image writes the secrets of a deployment."""
    done = linktime("deploy", "secrets", "compose", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bookings.env").exists()


def test_run_names_the_missing_package() -> None:
    """One sentence instead of a traceback."""
    done = linktime("run")
    assert (done.returncode, done.stderr) == (1, f"Error: {NOT_INSTALLED}\n")
