"""LinkTime's version: the root pyproject.toml has it, and every other place gets it from there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

_OF_PROJECT = re.compile(r'^version = ".*"$', re.MULTILINE)
_OF_IMAGE = re.compile(r"(?<=linktime/)(operator|bookings):[0-9][\w.]*")


def projects() -> dict[str, str]:
    """Return the project files of our packages, by path in the checkout."""
    paths = sorted([*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")])
    return {
        str(path.relative_to(ROOT)): _OF_PROJECT.sub(f'version = "{VERSION}"', path.read_text(), 1)
        for path in paths
    }


def with_tags(text: str) -> str:
    """Return a document whose commands name the images of this version."""
    return _OF_IMAGE.sub(rf"\1:{VERSION}", text)


def with_default(text: str) -> str:
    """Return the compose file with this version as the default of `LINKTIME_VERSION`."""
    return re.sub(r"\$\{LINKTIME_VERSION:-[^}]*\}", f"${{LINKTIME_VERSION:-{VERSION}}}", text)
