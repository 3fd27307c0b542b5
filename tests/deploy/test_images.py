"""One Dockerfile builds every image, with the name as argument, and each has what its lock has."""

import os
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools.requirements import requirements

from linktime_operator.stack.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ("libs/operator", *(f"services/{name}" for name in SERVICES))
IN_THE_IMAGE = {"python_version": "3.13", "python_full_version": "3.13.0"}


def test_there_is_one_dockerfile_and_no_two_of_its_stages_are_alike() -> None:
    """Beside the folders of installed packages."""
    kept = subprocess.run(
        ["git", "ls-files", "*Dockerfile*"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert kept.stdout.split() == ["deploy/Dockerfile"]
    text = (ROOT / "deploy/Dockerfile").read_text().replace("\\\n", "")
    installed = [line for line in text.splitlines() if line.startswith("RUN")]
    assert len(set(installed)) == len(installed)


def pins(lock: Path) -> dict[str, str]:
    """Return the versions that a lock installs in an image."""
    found = {}
    for line in lock.read_text().splitlines():
        if "==" in line:
            one = Requirement(line.removesuffix("\\"))
            if one.marker is None or one.marker.evaluate(IN_THE_IMAGE):
                found[canonicalize_name(one.name)] = str(one.specifier)
    return found


def needed_by(project: Path) -> set[str]:
    """Return the packages that a project needs in an image, with all that these need."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(one) for one in requirements(project)]
    while waiting:
        one = waiting.pop()
        entry = (canonicalize_name(one.name), frozenset(one.extras))
        if entry in found or not is_needed(one, {""}):
            continue
        found.add(entry)
        inner = map(Requirement, metadata.requires(one.name) or ())
        waiting += [more for more in inner if is_needed(more, one.extras or {""})]
    return {name for name, _extras in found}


def is_needed(one: Requirement, extras: set[str]) -> bool:
    """Whether it is installed in an image, if it is required with these extras."""
    if one.marker is None:
        return True
    return any(one.marker.evaluate({**IN_THE_IMAGE, "extra": extra}) for extra in extras)


@pytest.mark.parametrize("folder", ["libs/common", *IMAGES])
def test_the_lock_of_an_image_has_what_it_needs_and_no_more(folder: str) -> None:
    """In the versions of the other locks."""
    locked = pins(ROOT / folder / "requirements.lock")
    assert locked.items() <= pins(ROOT / "requirements-dev.lock").items()
    assert locked.keys() == needed_by(ROOT / folder), "write it again: make image-locks"


def test_what_builds_the_images_is_in_none() -> None:
    """Of the packages of the build, and of the list, none is in an image's own lock."""
    building = pins(ROOT / "requirements-build.lock").keys()
    assert building == {"flit-core"}
    for folder in IMAGES:
        assert not building & pins(ROOT / folder / "requirements.lock").keys()


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_its_service(service: str, tmp_path: Path) -> None:
    """On the image's ports; settings of the container take precedence."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@"\nenv\n')
    python.chmod(0o755)
    prefix = service.upper()
    ran = subprocess.run(
        ["sh", ROOT / "services" / "entrypoint.sh", "serve"],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "LINKTIME_SERVICE": service,
            f"{prefix}_PORT": "9000",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    command, *environment = ran.stdout.splitlines()
    assert command == f"-m linktime_{service} serve"
    assert {f"{prefix}_HOST=0.0.0.0", f"{prefix}_PORT=9000", f"{prefix}_INTERNAL_PORT=8001"} <= set(
        environment
    )
