"""Output of `make venv` during pip's run, with packages that are already installed."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "tools" / "install.py"
HASH = "--hash=sha256:" + "0" * 64


def install(lock: Path, *requirements: str) -> "subprocess.CompletedProcess[str]":
    """Run the script with a lock file of these; without an index."""
    lock.write_text("".join(f"{one} \\\n    {HASH}\n" for one in requirements))
    return subprocess.run(
        [sys.executable, SCRIPT, lock],
        env={"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_counts_the_packages_of_this_platform(tmp_path: Path) -> None:
    """Packages for other platforms are not counted."""
    done = install(
        tmp_path / "lock",
        f"click=={version('click')}",
        f"rich=={version('rich')}",
        "pywin32==312 ; sys_platform == 'win32'",
    )
    # On a slow machine an earlier line shows the progress until then.
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["  2 of 2 packages fetched"]), (
        done.stderr
    )


def test_a_failure_shows_the_output_of_pip(tmp_path: Path) -> None:
    """The package is named, and the status is pip's."""
    done = install(tmp_path / "lock", "no-such-package==1")
    assert done.returncode == 1
    assert "no-such-package==1" in done.stderr
    assert done.stderr.endswith("pip could not install the packages.\n")
