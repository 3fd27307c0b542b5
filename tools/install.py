"""Install the packages of a lock file into this Python, with a progress display.

python tools/install.py requirements-dev.lock

Runs in a new virtual environment, so it needs only the standard library and pip.
"""

import re
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.2
LINE_SECONDS = 10.0
"""Between two lines when the output is not a terminal."""

ERROR_LINES = 20
# The lock file is complete; older versions of pip require separate hashes for extras.
PIP = (
    *("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"),
    *("--require-hashes", "--no-deps", "--only-binary", ":all:", "-r"),
)


class Installation:
    """One run of pip; progress is counted by its output and the created folders."""

    def __init__(self, lock: Path) -> None:
        self._total = len(re.findall(r"^[\w.-]+==", lock.read_text(), flags=re.MULTILINE))
        self._began = time.time()
        self._fetched = 0
        self._to_install = 0
        self._lines: list[str] = []
        self._pip = subprocess.Popen(  # noqa: S603 - a list, no shell
            [sys.executable, *PIP, lock],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def progress(self) -> str:
        """Return the progress, such as `42 of 118 packages fetched`."""
        if self._to_install:
            return f"{self._installed()} of {self._to_install} packages installed"
        return f"{self._fetched} of {self._total} packages fetched"

    def wait(self, seconds: float) -> int | None:
        """Return pip's status, or None when it is still running after this time."""
        try:
            status = self._pip.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join()
        return status

    def error(self) -> str:
        """Return the last lines of pip's output."""
        return "".join(self._lines[-ERROR_LINES:])

    def _read(self) -> None:
        for line in self._pip.stdout or ():
            self._lines.append(line)
            if line.startswith("Ignoring "):  # for another platform
                self._total -= 1
            elif line.startswith(("Collecting ", "Requirement already satisfied: ")):
                self._fetched += 1
            elif line.startswith("Installing collected packages: "):
                self._to_install = line.count(",") + 1

    def _installed(self) -> int:
        folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
        made = [
            path.stat().st_mtime >= self._began
            for folder in folders
            for path in Path(folder).glob("*.dist-info")
        ]
        return min(sum(made), self._to_install)


def show(line: str, *, last: bool = False) -> None:
    """Print a line, which the next one replaces on a terminal."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {line}", end="\n" if last else "", flush=True)
    else:
        print(f"  {line}", flush=True)


def main() -> int:
    """Install and return pip's status."""
    running = Installation(Path(sys.argv[1]))
    shown, shown_at = "", time.monotonic()
    while (status := running.wait(LOOK_SECONDS)) is None:
        is_due = sys.stdout.isatty() or time.monotonic() - shown_at >= LINE_SECONDS
        if is_due and running.progress != shown:
            shown, shown_at = running.progress, time.monotonic()
            show(shown)
    if status:
        print(f"\n{running.error()}pip could not install the packages.", file=sys.stderr)
    elif sys.stdout.isatty() or running.progress != shown:
        show(running.progress, last=True)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
