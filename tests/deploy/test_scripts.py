"""The scripts of deploy/ read their arguments and check the machine before they do anything."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from manifests.build import ROOT
from manifests.version import VERSION

from linktime_operator.deploy import secrets
from linktime_operator.deploy.secrets import DeployTarget
from linktime_operator.stack.services import SERVICES

INSTALL, UPGRADE = "deploy/compose/install", "deploy/compose/upgrade"
BACKUP, RESTORE = "deploy/compose/backup", "deploy/compose/restore"
IMAGES, DUMP, LOAD = "deploy/images", "deploy/backup/dump", "deploy/backup/load"
SECRETS = "deploy/compose/secrets"
COMPOSE = Path(sys.executable).with_name("docker-compose")
CALLED = "called"
NO_ENGINE = "exit 1"
NO_COMPOSE = """
case "$*" in
version*) echo 27.0.1 ;;
*) echo "unknown command: docker $1" >&2; exit 1 ;;
esac
"""
OLD_COMPOSE = """
case "$*" in
version*) echo 27.0.1 ;;
"compose version"*) echo 2.20.3 ;;
*) exit 1 ;;
esac
"""
WITHOUT_IMAGES = f"""
case "$*" in
version*) echo 27.0.1 ;;
compose*) shift && exec {COMPOSE} "$@" ;;
*) exit 1 ;;
esac
"""
"""An engine that has nothing, and the real Compose."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the scripts and what they read, without secrets."""
    folder = tmp_path / "checkout"
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "deploy"], cwd=ROOT
    )
    for name in (*listed.decode().split(), "docker-compose.yml", "pyproject.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"folder"
        for path in folder.rglob("*")
    }


def run(
    checkout: Path, *words: str, docker: str = NO_ENGINE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a script; `docker` and `psql` note that they were called."""
    programs = checkout.parent / "programs"
    programs.mkdir()
    for name, lines in (("docker", docker), ("psql", "exit 2")):
        (programs / name).write_text(f"#!/bin/bash\ntouch {checkout.parent / CALLED}\n{lines}\n")
        (programs / name).chmod(0o755)
    return subprocess.run(
        words,
        cwd=checkout,
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DOCKER_HOST": "unix:///nowhere.sock",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def make_backup(checkout: Path, version: str) -> str:
    """Make one of these scripts' form, with secrets and `.env`, and dumps that cannot be loaded."""
    folder = checkout / "backup"
    folder.mkdir()
    lines = ["format 1", f"version {version}", *(f"database {name} 1000" for name in SERVICES)]
    (folder / "manifest").write_text("\n".join(lines) + "\n")
    for name in SERVICES:
        (folder / f"{name}.dump").write_text("a dump")
    elsewhere = checkout.parent / "elsewhere"
    secrets.write(DeployTarget.COMPOSE, elsewhere)
    (checkout.parent / "env").write_text("LINKTIME_PORT=8081\n")
    with tarfile.open(folder / "deployment.tar", "w") as archive:
        archive.add(elsewhere, SECRETS)
        archive.add(checkout.parent / "env", ".env")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return str(folder)


def test_every_script_is_tested_here() -> None:
    listed = subprocess.check_output(["git", "ls-files", "--stage", "deploy"], cwd=ROOT, text=True)
    programs = {line.split("\t")[1] for line in listed.splitlines() if line.startswith("100755")}
    assert programs == {INSTALL, UPGRADE, BACKUP, RESTORE, IMAGES, DUMP, LOAD}


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("script", [INSTALL, UPGRADE, BACKUP, RESTORE, IMAGES, DUMP, LOAD])
def test_help_does_nothing_else(checkout: Path, script: str, option: str) -> None:
    before = files(checkout)
    done = run(checkout, script, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {script}")
    assert not (checkout.parent / CALLED).exists()
    assert files(checkout) == before


def test_help_is_the_comment_of_the_script(checkout: Path) -> None:
    """Also from another folder."""
    done = run(checkout, "bash", "-c", "cd deploy/compose && bash install --help")
    assert done.stdout.splitlines()[0] == "Usage: deploy/compose/install"
    assert done.stdout.endswith("deploy/README.md describes it.\n")


@pytest.mark.parametrize(
    ("script", "arguments", "problem"),
    [
        (INSTALL, ["again"], 'does not accept "again"'),
        (INSTALL, ["--no-build"], 'does not accept "--no-build"'),
        (UPGRADE, ["--no-build", "extra"], 'does not accept "extra"'),
        (UPGRADE, ["--build"], 'does not accept "--build"'),
        (BACKUP, ["a", "b"], 'does not accept "b"'),
        (BACKUP, ["a", "--secrets"], 'does not accept "--secrets"'),
        (BACKUP, ["--without-secrets"], "needs a folder"),
        (BACKUP, [""], 'does not accept ""'),
        (RESTORE, ["a", "b"], 'does not accept "b"'),
        (RESTORE, ["a", "--yes --reconcile"], 'does not accept "--yes --reconcile"'),
        (RESTORE, ["--yes"], "needs a folder"),
        (IMAGES, ["gateway", "nosuch"], 'does not accept "nosuch"'),
        (IMAGES, ["--all"], 'does not accept "--all"'),
        (DUMP, ["a", "b"], 'does not accept "b"'),
        (DUMP, [], "needs a folder"),
        (LOAD, ["a", "b"], 'does not accept "b"'),
        (LOAD, ["--yes", "a"], 'does not accept "--yes"'),
    ],
)
def test_other_arguments_are_refused(
    checkout: Path, script: str, arguments: list[str], problem: str
) -> None:
    """Before anything is done."""
    before = files(checkout)
    done = run(checkout, script, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: {script} {problem}: see {script} --help.\n"
    assert not (checkout.parent / CALLED).exists()
    assert files(checkout) == before


@pytest.mark.parametrize(
    ("docker", "sentence"),
    [
        (NO_ENGINE, "The Docker engine does not answer. Start it, or set DOCKER_HOST."),
        (NO_COMPOSE, "Docker Compose is missing: install the package docker-compose-plugin."),
        (OLD_COMPOSE, "Docker Compose 2.20.3 is too old: 2.24 is needed."),
    ],
    ids=["no engine", "no Compose", "old Compose"],
)
@pytest.mark.parametrize("script", [INSTALL, UPGRADE, BACKUP, RESTORE])
def test_the_machine_is_checked_first(
    checkout: Path, script: str, docker: str, sentence: str
) -> None:
    arguments = [make_backup(checkout, VERSION)] if script == RESTORE else []
    if script == BACKUP:
        arguments = ["new"]
    before = files(checkout)
    done = run(checkout, script, *arguments, docker=docker)
    assert done.returncode == 1
    assert done.stderr.removeprefix("Error: ") == f"{sentence}\n"
    assert files(checkout) == before


@pytest.mark.parametrize(
    ("version", "environment", "sentence"),
    [
        (VERSION, {}, "is missing: deploy/images builds it. Nothing was changed."),
        ("99.0.0", {}, "use version 99.0.0 or a newer one. Nothing was changed."),
        (
            VERSION,
            {"COMPOSE_FILE": "other.yml"},
            "or docker-compose.override.yml. Nothing was changed.",
        ),
    ],
    ids=["missing images", "older images", "images of no version"],
)
def test_a_refused_backup_leaves_no_secrets(
    checkout: Path, version: str, environment: dict[str, str], sentence: str
) -> None:
    backup = make_backup(checkout, version)
    (checkout / "other.yml").write_text("services: {postgres: {image: postgres}}\n")
    before = files(checkout)
    done = run(checkout, RESTORE, backup, docker=WITHOUT_IMAGES, **environment)
    assert done.returncode == 1
    assert "Restoring the secrets" in done.stderr
    assert done.stderr.splitlines()[-1].endswith(sentence)
    assert files(checkout) == before


def test_what_was_there_before_a_refused_backup_stays(checkout: Path) -> None:
    backup = make_backup(checkout, "99.0.0")
    (checkout / ".env").write_text("LINKTIME_PORT=8082\n")
    (checkout / SECRETS / "mail.env").write_text("BOOKINGS_SMTP_HOST=mail.example.com\n")
    before = files(checkout)
    assert run(checkout, RESTORE, backup, docker=WITHOUT_IMAGES).returncode == 1
    assert files(checkout) == before
