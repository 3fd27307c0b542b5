"""Tools that know compose files, Dockerfiles and scripts accept ours, and refuse broken ones."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from manifests.version import VERSION

from linktime_operator.deploy import secrets
from linktime_operator.deploy.secrets import DeployTarget
from linktime_operator.stack.services import INNER, SERVICES

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
COMPOSE = "docker-compose.yml"
PROFILES = [[], ["--profile", "tools"], ["--profile", "observability"]]
DOCKERFILE = ROOT / "deploy/Dockerfile"
SCRIPTS = sorted(
    path
    for folder in ("deploy", "deploy/backup", "deploy/compose")
    for path in (ROOT / folder).iterdir()
    if (path.is_file() and path.read_bytes().startswith((b"#!/usr/bin/env bash", b"# shellcheck")))
    or path.suffix == ".sh"
)
OURS = re.compile(r"linktime/[a-z]+:\$\{LINKTIME_VERSION:-(.+)\}")


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program of the virtual environment, without an engine and settings of this machine."""
    program, *arguments = map(str, command)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINKTIME_")}
    return subprocess.run(
        [PROGRAMS / program, *arguments],
        cwd=cwd,
        env=kept | {"DOCKER_HOST": "unix:///nowhere.sock"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the compose file and secrets."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / COMPOSE, folder)
    secrets.write(DeployTarget.COMPOSE, folder / "deploy/compose/secrets")
    return folder


@pytest.mark.parametrize("profile", PROFILES, ids=lambda words: words[-1] if words else "none")
def test_compose_accepts_the_file(checkout: Path, profile: list[str]) -> None:
    done = run("docker-compose", *profile, "config", "--quiet", cwd=checkout)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("    user: postgres\n", "    usr: postgres\n"),
        ("condition: service_healthy", "condition: service_happy"),
        ("stop_grace_period: 60s", "stop_grace_period: soon"),
        ("prepare: { condition", "prepared: { condition"),
    ],
)
def test_compose_refuses_a_broken_file(
    checkout: Path, tmp_path: Path, text: str, broken: str
) -> None:
    """A misspelt key, a wrong condition, a bad duration, an unknown service."""
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True)
    written = (checkout / COMPOSE).read_text()
    assert text in written
    (tmp_path / COMPOSE).write_text(written.replace(text, broken))
    assert run("docker-compose", "config", "--quiet", cwd=tmp_path).returncode != 0


def test_settings_by_hand_take_precedence(checkout: Path, tmp_path: Path) -> None:
    """Over the secrets, for their service only."""
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True)
    settings = tmp_path / "deploy/compose/settings"
    settings.mkdir()
    (settings / "webhooks.env").write_text("WEBHOOKS_BROKER_URL=amqp://elsewhere/\n")
    shown = yaml.safe_load(run("docker-compose", "config", cwd=tmp_path).stdout)["services"]
    assert shown["webhooks"]["environment"]["WEBHOOKS_BROKER_URL"] == "amqp://elsewhere/"
    assert "WEBHOOKS_BROKER_URL" not in shown["bookings"]["environment"]


def test_images_of_ours_have_the_version_and_come_from_no_registry() -> None:
    containers = yaml.safe_load((ROOT / COMPOSE).read_text())["services"].values()
    ours = [one for one in containers if one["image"].startswith("linktime/")]
    assert len(ours) == 2 * len(SERVICES) + len(("prepare", "operator"))
    for one in ours:
        found = OURS.fullmatch(one["image"])
        assert found is not None
        assert found[1] == VERSION
        assert one["pull_policy"] == "never"
        assert "build" not in one


def test_hadolint_accepts_the_dockerfile() -> None:
    done = run("hadolint", DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_refuses_a_broken_dockerfile(tmp_path: Path) -> None:
    text = DOCKERFILE.read_text()
    (tmp_path / "Dockerfile").write_text(text.replace("WORKDIR /build", "RUN cd /build"))
    assert run("hadolint", tmp_path / "Dockerfile").returncode != 0


def test_shellcheck_accepts_the_scripts() -> None:
    assert {path.name for path in SCRIPTS} >= {"images", "install", "dump", "functions.sh"}
    done = run("shellcheck", "--external-sources", *SCRIPTS)
    assert (done.returncode, done.stdout) == (0, "")


def test_shellcheck_refuses_a_broken_script(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/usr/bin/env bash\nrm -r $1/*\n")
    assert run("shellcheck", script).returncode != 0


def test_scripts_know_the_services_in_order() -> None:
    """They read nothing of Python."""
    text = (ROOT / "deploy/compose/functions.sh").read_text()
    assert f"\nINNER=({' '.join(INNER)})\n" in text
    assert (*INNER, "gateway") == SERVICES


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "docker-compose.override.yml",
        "sbom/bookings.cdx.json",
        "deploy/compose/secrets/bookings.env",
        "deploy/compose/secrets/kept/postgres",
        "deploy/compose/settings/bookings.env",
        "deploy/compose/upgrade.state",
    ],
)
def test_git_ignores_what_belongs_to_an_installation(path: str) -> None:
    done = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
    assert done.returncode == 0
