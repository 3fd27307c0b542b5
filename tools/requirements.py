"""Print the third-party packages of one image, as the input of its lock file (`make lock`).

python tools/requirements.py services/bookings

Those that the project declares, and those of our libraries that it depends on.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = "linktime-"


def requirements(project: Path) -> set[str]:
    """Return the requirements of a project's folder."""
    declared = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    found = set(declared["dependencies"])
    for name in sorted(one for one in found if one.startswith(OURS)):
        found.remove(name)
        found |= requirements(ROOT / "libs" / name.removeprefix(OURS))
    return found


if __name__ == "__main__":
    print("\n".join(sorted(requirements(ROOT / sys.argv[1]))))
