"""Run an older release's tests on databases that have the schema of this source tree.

What passes shows that processes of that release work on while and after the migrations are applied,
as they do during an upgrade.
"""

import os
import subprocess
import sys
from pathlib import Path

from bench.cost_trees import older_tree, packages_of

ROOT = Path(__file__).parents[1]
PLUGIN = Path(__file__).with_name("plugin")
FOLDERS = ("store", "use_cases")


def latest_release() -> str:
    """Return the newest tag of a release in the history of this tree; exits without one."""
    found = release_before("HEAD")
    if found is None:
        raise SystemExit(
            "There is no tag of a release (v* or 0.*) in the history; name a tag or a commit: "
            "make verify-schema PREVIOUS=<tag>"
        )
    return found


def release_before(commit: str) -> str | None:
    """Return the newest tag of a release in the history of `commit`, itself included."""
    patterns = ["--match=v[0-9]*", "--match=0.*"]
    done = subprocess.run(  # noqa: S603 - a list, no shell
        ["git", "-C", ROOT, "describe", "--tags", "--abbrev=0", *patterns, commit],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return None if done.returncode else done.stdout.strip()


def main(release: str) -> int:
    """Run the tests of the stores and use cases of a release; returns the exit code."""
    service = os.environ.get("SERVICE", "*")
    with older_tree(release) as tree:
        folders = [
            folder.relative_to(tree)
            for name in FOLDERS
            for folder in sorted(tree.glob(f"services/{service}/tests/{name}"))
        ]
        if not folders:
            raise SystemExit(f"{release} has no tests of stores or use cases of {service}.")
        print(f"Tests of {release} on the schema of this tree:", *folders, flush=True)
        code = _test(tree, folders)
    if code == 0:
        print(f"{release} works on the schema of this tree.")
    else:
        print(f"{release} does not work on the schema of this tree: see the failures above.")
    return code


def _test(tree: Path, folders: list[Path]) -> int:
    """Return pytest's exit code: the code is the release's, the installed packages are present."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(PLUGIN), packages_of(tree)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LINKTIME_SCHEMA_TREE": str(ROOT),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "present_schema"]
    options = ["-n", "4", "--dist", "loadfile"]
    return subprocess.run(  # noqa: S603 - a list, no shell
        [*command, *options, *folders], cwd=tree, env=environment, check=False
    ).returncode
