"""One Dockerfile builds every service's image, with the service's name as argument."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from linktime_operator.stack.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_there_is_one_dockerfile_for_all_services() -> None:
    """Other Dockerfiles are not for services."""
    assert list((ROOT / "services").glob("**/Dockerfile*")) == [ROOT / "services" / "Dockerfile"]


@pytest.mark.parametrize("role", ["", "-migrate"])
@pytest.mark.parametrize("service", SERVICES)
def test_compose_builds_the_image_of_each_service(service: str, role: str) -> None:
    """From the same file, with the service's name."""
    container = COMPOSE[f"{service}{role}"]
    assert container["image"].startswith(f"linktime/{service}:")
    assert container["build"] == {
        "context": ".",
        "dockerfile": "services/Dockerfile",
        "args": {"SERVICE": service},
    }


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
