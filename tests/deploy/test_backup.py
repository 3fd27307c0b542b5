"""The scripts of deploy/backup and deploy/compose know every service and refuse damaged files."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from manifests.build import ROOT

from linktime_operator.operations.copies import COPIES
from linktime_operator.operations.orphans import OWNERSHIPS
from linktime_operator.stack.services import SERVICES

SCRIPTS = ROOT / "deploy" / "backup"
RESET = re.compile(r"!reset (\[\])")


def order() -> list[str]:
    """Return the services in the order of their dumps."""
    (names,) = re.findall(r"SERVICES=\((.+)\)", (SCRIPTS / "databases.sh").read_text())
    return str(names).split()


def test_copies_are_dumped_before_their_owners() -> None:
    """What a copy lacks then, the owner's events bring; nothing has to be removed."""
    places = {service: place for place, service in enumerate(order())}
    assert sorted(places) == sorted(SERVICES)
    for one in (*COPIES, *OWNERSHIPS):
        assert places[one.kind.service] <= places[one.owner.service], one


def test_no_restored_service_works_before_the_check() -> None:
    """And the gateway has no port."""
    text = (ROOT / "deploy" / "compose" / "serve-only.yml").read_text()
    services = yaml.safe_load(RESET.sub(r"\1", text))["services"]
    assert set(services) == set(SERVICES)
    assert all(one["command"] == ["serve"] for one in services.values())
    assert "ports: !reset []" in text
    assert services["gateway"]["ports"] == []


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Return a complete backup, with dumps that cannot be loaded."""
    folder = tmp_path / "backup"
    folder.mkdir()
    lines = ["format 1", "version 0.1.0", *(f"database {service} 1000" for service in SERVICES)]
    (folder / "manifest").write_text("\n".join(lines) + "\n")
    for service in SERVICES:
        (folder / f"{service}.dump").write_text(f"the dump of {service}")
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    """Write the checksums of what is there now."""
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    (folder / "SHA256SUMS").write_text("".join(f"{sums[name]}  {name}\n" for name in sums))


def refusal(script: str, *arguments: object, **environment: str) -> str:
    """Run a script that must fail; return its last line."""
    ran = subprocess.run(
        [SCRIPTS / script, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    return ran.stderr.splitlines()[-1]


def test_a_changed_file_is_refused(backup: Path) -> None:
    (backup / "bookings.dump").write_text("another dump")
    assert refusal("load", backup) == f"{backup} is damaged: use another backup."


@pytest.mark.parametrize("name", ["manifest", "SHA256SUMS"])
def test_a_backup_without_its_description_is_refused(backup: Path, name: str) -> None:
    (backup / name).unlink()
    assert "no complete backup" in refusal("load", backup)


def test_a_missing_database_is_refused(backup: Path) -> None:
    """Also if it was left out on purpose."""
    (backup / "contacts.dump").unlink()
    seal(backup)
    assert refusal("load", backup).endswith("it has no database of contacts.")


def test_a_later_format_is_refused(backup: Path) -> None:
    text = (backup / "manifest").read_text()
    (backup / "manifest").write_text(text.replace("format 1", "format 2"))
    seal(backup)
    assert refusal("load", backup).endswith("a format that this version cannot read.")


def test_no_folder_is_overwritten(backup: Path) -> None:
    assert refusal("dump", backup) == f"{backup} exists: name a folder that does not."


def test_a_dump_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """PostgreSQL does not answer."""
    psql = tmp_path / "psql"
    psql.write_text("#!/bin/sh\nexit 2\n")
    psql.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert "does not answer" in refusal("dump", tmp_path / "backup", PATH=path)
    assert [found.name for found in tmp_path.iterdir()] == ["psql"]
