"""Copies of the source tree, each with a Compose project of its own on the engine."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = "linktime-verification"
SUBNET = "10.231.78.0/24"
"""Of its published port: an installation beside it has the default, or its own."""
SECONDS = 900
LAST_LINES = 40


class CheckFailed(Exception):
    """What was found, and what was expected, as text."""


@dataclass
class Checkout:
    """A folder in which the documented commands are run; `log` gets what they print."""

    folder: Path
    log: Path
    port: int
    version: str = "verification"
    more: Mapping[str, str] = field(default_factory=dict)

    def run(self, script: str, *, given: str | None = None, seconds: int = SECONDS) -> str:
        """Run lines of bash, and return what they print; raises CheckFailed."""
        code, output = self.status(script, given=given, seconds=seconds)
        if code:
            last = "\n".join(output.splitlines()[-LAST_LINES:])
            raise CheckFailed(f"`{script.strip()}` ended with status {code}:\n{last}")
        return output

    def status(
        self, script: str, *, given: str | None = None, seconds: int = SECONDS
    ) -> tuple[int, str]:
        """Return the exit code, and both streams together; raises CheckFailed if it is late."""
        with self.log.open("a") as log:
            log.write(f"$ {script.strip()}\n")
        try:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=self.folder,
                env=self.environment,
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise CheckFailed(f"`{script.strip()}` has not ended after {seconds} s") from error
        with self.log.open("a") as log:
            log.write(done.stdout)
        return done.returncode, done.stdout

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LINKTIME_EDGE_SUBNET": SUBNET,
            **os.environ,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "LINKTIME_VERSION": self.version,
            "LINKTIME_PORT": str(self.port),
            **self.more,
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def operator(self, command: str, *, given: str | None = None) -> str:
        """Run the `linktime` command in its container."""
        return self.run(f"docker compose run --rm -T operator {command}", given=given, seconds=120)

    def container(self, service: str) -> str:
        """Return the id of its container; raises CheckFailed if none runs."""
        found = self.run(f"docker compose ps --quiet {service}").split()
        if not found:
            raise CheckFailed(f"no container of {service} runs")
        return found[-1]


@contextlib.contextmanager
def copies(log: Path, previous: str | None) -> Iterator[tuple[Checkout, Checkout | None]]:
    """Yield this tree with its uncommitted changes, and the tree of `previous`."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="linktime-verification-") as name:
        now = Path(name, "now")
        listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
        for path in map(os.fsdecode, filter(None, listed)):
            if (ROOT / path).exists():
                (now / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, now / path, follow_symlinks=False)
        old = None
        if previous is not None:
            folder = Path(name, "old")
            folder.mkdir()
            archive = _git("archive", previous)
            subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
            old = Checkout(folder, log, port, version="verification-old")
        yield Checkout(now, log, port), old


def _git(*words: str) -> bytes:
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {words[0]} failed: {done.stderr.decode().strip()}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
