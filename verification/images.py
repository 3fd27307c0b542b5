"""What every image must be: labelled, of its service's packages only, listed, without pip."""

import json
from typing import Any

from linktime_operator.stack.services import OPERATOR, SERVICES
from verification.checkouts import CheckFailed, Checkout

NAMES = (OPERATOR, *SERVICES)
LABELS = ("title", "version", "revision", "licenses")
USER = "10001"
BASE = "python:3.13-slim-trixie"
OF_BASE, OF_VENV = "/usr/local/lib/python3.13/site-packages", "/venv/lib"
BROKEN_IMAGES = (
    ("no version", 'LABEL org.opencontainers.image.version=""', "has the labels"),
    ("pip", f"COPY --from={BASE} {OF_BASE}/pip {OF_BASE}/pip", "installers ['pip']"),
    ("the user root", "USER 0", "user 0"),
    (
        "the packages of the gateway",
        f"COPY --from=linktime/gateway:verification {OF_VENV} {OF_VENV}",
        "differs",
    ),
)
"""What an image must not have, the line of a Dockerfile that brings it, and what is found."""
INSTALLERS = ("pip", "setuptools", "ensurepip", "flit_core")
# Run by each Python of the image: the one of /venv and the base's.
LOOK = f"""
import importlib.metadata, importlib.util, json, os
print(json.dumps({{
    "uid": str(os.getuid()),
    "installers": [one for one in {INSTALLERS} if importlib.util.find_spec(one)],
    "packages": {{
        one.name.lower().replace("_", "-"): one.version
        for one in importlib.metadata.distributions()
    }},
}}))
"""


def check_image(checkout: Checkout, name: str) -> int:
    """Return the number of its packages; raises CheckFailed."""
    image = f"linktime/{name}:{checkout.version}"
    _check_labels(checkout, image)
    of_base = _look(checkout, image, "/usr/local/bin/python")
    of_venv = _look(checkout, image, "/venv/bin/python")
    for found in (of_base, of_venv):
        if found["installers"] or found["uid"] != USER:
            raise CheckFailed(f"{image}: user {found['uid']}, installers {found['installers']}")
    shown = checkout.run(f"docker run --rm {image} --version").split()
    version = of_venv["packages"][f"linktime-{name}"]
    if shown[-1] != version:
        raise CheckFailed(f"{image} shows the version {shown}, and has {version}")
    _check_list(checkout, name, of_venv["packages"])
    _check_lock(checkout, name, of_venv["packages"])
    return len(of_venv["packages"])


def _check_labels(checkout: Checkout, image: str) -> None:
    labels = json.loads(
        checkout.run(f"docker image inspect --format '{{{{json .Config.Labels}}}}' {image}")
    )
    found = {name: (labels or {}).get(f"org.opencontainers.image.{name}") for name in LABELS}
    if None in found.values() or found["version"] != checkout.version:
        raise CheckFailed(f"{image} has the labels {found}")


def _look(checkout: Checkout, image: str, python: str) -> dict[str, Any]:
    printed = checkout.run(f"docker run --rm -i --entrypoint {python} {image} -", given=LOOK)
    found: dict[str, Any] = json.loads(printed)
    return found


def _check_list(checkout: Checkout, name: str, packages: dict[str, str]) -> None:
    """Compare the list beside the image with what is installed."""
    listed = json.loads((checkout.folder / "sbom" / f"{name}.cdx.json").read_text())
    parts = [listed["metadata"]["component"], *listed["components"]]
    named = {one["name"].lower().replace("_", "-") for one in parts}
    if listed["bomFormat"] != "CycloneDX" or named != packages.keys():
        raise CheckFailed(f"sbom/{name}.cdx.json differs: {sorted(named ^ packages.keys())}")


def _check_lock(checkout: Checkout, name: str, packages: dict[str, str]) -> None:
    """Compare the image with its lock; what is for other platforms is not installed."""
    folder = "libs" if name == OPERATOR else "services"
    lock = (checkout.folder / folder / name / "requirements.lock").read_text()
    locked = {line.split("==")[0] for line in lock.splitlines() if "==" in line}
    more = packages.keys() - locked - {f"linktime-{name}", "linktime-common"}
    if more:
        raise CheckFailed(f"linktime/{name} has packages that its lock does not: {sorted(more)}")
