"""Installs npm packages for a test from their lock file."""

import shutil
import subprocess
from pathlib import Path

INSTALL_SECONDS = 120


def install(source: Path, folder: Path) -> Path:
    """Copy `source` (with package.json and its lock file) to `folder` and install there.

    Returns the folder `node_modules`; without Node the test fails with how to install it.
    """
    assert shutil.which("npm"), "Node is missing; on Debian: sudo apt-get install nodejs npm"
    shutil.copytree(source, folder, dirs_exist_ok=True)
    done = subprocess.run(
        ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"),
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return folder / "node_modules"
