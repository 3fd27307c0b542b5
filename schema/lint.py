"""Lint the migrations that are newer than the baseline."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

from linktime_common.migration_files import Migration, MigrationError, MigrationMode
from schema.baseline import BASELINE
from schema.rules import CONTRACTING, EXCLUDED, refusals, replaces_constraints

ROOT = Path(__file__).parents[1]
SQUAWK = Path(sys.executable).with_name("squawk")
POSTGRESQL = "15.0"
"""The oldest version that LinkTime supports."""
SQUAWK_SECONDS = 60
FINDINGS = 1
"""Squawk's exit code if it has findings."""

_RELEASE = re.compile(r"^## \[?v?(\d+(?:\.\d+)+)", re.MULTILINE)
_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")


def source_of(path: Path) -> str:
    """Return the source of a file as the history names it: `linktime_bookings/migrations`."""
    parts = path.parent.parts
    return "/".join(parts[parts.index("src") + 1 :])


def new_files(root: Path = ROOT) -> list[Path]:
    """Return the migrations that the baseline does not excuse.

    All of a source if it has more old numbers than the baseline counts: one of them is new.
    """
    found = []
    for source, paths in _sources(root).items():
        highest, count = BASELINE.get(source, ("", 0))
        old = [path for path in paths if path.name[:4] <= highest]
        found += [path for path in paths if path not in old or len(old) > count]
    return found


def _sources(root: Path) -> dict[str, list[Path]]:
    found = defaultdict(list)
    for folder in ("libs", "services"):
        for path in sorted(root.glob(f"{folder}/*/src/*/migrations/**/*.sql")):
            found[source_of(path.relative_to(root))].append(path)
    return found


def released(root: Path = ROOT) -> list[str]:
    """Return the releases that the changelog has."""
    return _RELEASE.findall((root / "CHANGELOG.md").read_text("utf-8"))


def findings(paths: Sequence[Path], releases: Collection[str]) -> dict[Path, list[str]]:
    """Return what is wrong with each file; files without findings are left out."""
    found: dict[Path, list[str]] = defaultdict(list)
    migrations: dict[Path, Migration] = {}
    for path in paths:
        if not _NAME.fullmatch(path.name):
            found[path].append("the name is not like 0012_what_it_does.sql")
        try:
            migrations[path] = Migration.parse(path.name, path.read_text("utf-8"))
        except MigrationError as error:
            found[path].append(str(error))
        else:
            found[path] += refusals(migrations[path], releases)
    inside, outside = _by_transaction(migrations)
    for path, line, rule, message in (
        *_squawk(inside, "--assume-in-transaction"),
        *_squawk(outside),
    ):
        if not _is_permitted(rule, migrations[path]):
            found[path].append(f"line {line}: {message} ({rule})")
    return {path: texts for path, texts in found.items() if texts}


def _by_transaction(migrations: dict[Path, Migration]) -> tuple[list[Path], list[Path]]:
    """Return the files of one transaction each, and the others."""
    inside = [path for path, one in migrations.items() if one.mode is MigrationMode.TRANSACTION]
    return inside, [path for path in migrations if path not in inside]


def _is_permitted(rule: str, migration: Migration) -> bool:
    if migration.contract_after is not None and rule in CONTRACTING:
        return True
    return rule == "ban-drop-constraint" and replaces_constraints(migration.sql)


def _squawk(paths: Sequence[Path], *options: str) -> list[tuple[Path, int, str, str]]:
    """Return path, line, rule and message of each finding."""
    if not paths:
        return []
    done = subprocess.run(  # noqa: S603 - our own lock file installs it
        [
            *(SQUAWK, "--reporter", "json", "--pg-version", POSTGRESQL, *options),
            *(f"--exclude={rule}" for rule in sorted(EXCLUDED)),
            *paths,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=SQUAWK_SECONDS,
    )
    if done.returncode not in {0, FINDINGS} or not done.stdout.strip():
        raise SystemExit(f"squawk failed: {done.stderr}")
    rows = json.loads(done.stdout)
    return [(Path(row["file"]), row["line"] + 1, row["rule_name"], row["message"]) for row in rows]


def main() -> int:
    """Print the findings; returns the exit code."""
    found = findings(new_files(), released())
    for path, texts in found.items():
        for text in texts:
            print(f"{path.relative_to(ROOT)}: {text}")
    if found:
        print("docs/adding-a-migration.md describes the rules.")
    return 1 if found else 0
