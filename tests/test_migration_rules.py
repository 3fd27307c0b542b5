"""The rules of new migrations: each kind of harmful file is refused, and the examples are not."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from schema.baseline import BASELINE
from schema.lint import findings, new_files, released, source_of

from tests.pages import ROOT

RELEASES = ["0.2.0"]
CONTRACT = "-- migrate: contract after 0.2.0\n"

REFUSED = {
    "column_renamed": ("ALTER TABLE t RENAME COLUMN a TO b;", "renaming-column"),
    "table_renamed": ("ALTER TABLE t RENAME TO b;", "renaming-table"),
    "index_renamed": ("ALTER INDEX t RENAME TO b;", "renaming-object"),
    "column_dropped": ("ALTER TABLE t DROP COLUMN a;", "ban-drop-column"),
    "table_dropped": ("DROP TABLE t;", "only in a step marked"),
    "function_dropped": ("DROP FUNCTION f(int);", "only in a step marked"),
    "trigger_dropped": ("DROP TRIGGER f ON t;", "only in a step marked"),
    "index_dropped": (
        "-- migrate: concurrently\nDROP INDEX CONCURRENTLY IF EXISTS a;",
        "only in a step marked",
    ),
    "constraint_dropped": ("ALTER TABLE t DROP CONSTRAINT c;", "ban-drop-constraint"),
    "another_constraint_dropped": (
        "ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD CONSTRAINT d CHECK (a > 0) NOT VALID;",
        "ban-drop-constraint",
    ),
    "default_dropped": ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT;", "ban-drop-default"),
    "null_permitted": ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL;", "ban-drop-not-null"),
    "null_forbidden": ("ALTER TABLE t ALTER COLUMN a SET NOT NULL;", "adding-not-nullable-field"),
    "type_changed": ("ALTER TABLE t ALTER COLUMN a TYPE bigint;", "changing-column-type"),
    "required_column": ("ALTER TABLE t ADD COLUMN a text NOT NULL;", "adding-required-field"),
    "volatile_default": (
        "ALTER TABLE t ADD COLUMN a timestamptz DEFAULT clock_timestamp();",
        "adding-field-with-default",
    ),
    "generated_column": (
        "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b + 1) STORED;",
        "adding-field-with-default",
    ),
    "index_that_blocks": ("CREATE INDEX i ON t (a);", "require-concurrent-index-creation"),
    "index_in_a_transaction": (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);",
        "outside of a transaction only",
    ),
    "check_of_all_rows": (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);",
        "constraint-missing-not-valid",
    ),
    "check_validated_at_once": (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c;",
        "constraint-missing-not-valid",
    ),
    "foreign_key": (
        "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (id);",
        "adding-foreign-key-constraint",
    ),
    "unique_constraint": (
        "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a);",
        "disallowed-unique-constraint",
    ),
    "rows_at_once": ("UPDATE t SET a = 1 WHERE a = 0;", "`-- migrate: batches`"),
    "rows_deleted": ("-- All.\nDELETE FROM t;", "`-- migrate: batches`"),
    "rows_copied": ("INSERT INTO t SELECT a FROM u;", "`-- migrate: batches`"),
    "rows_by_with": ("WITH a AS (DELETE FROM t) SELECT 1;", "`-- migrate: batches`"),
    "rows_in_a_contract": (f"{CONTRACT}UPDATE t SET a = 1;", "`-- migrate: batches`"),
    "batches_without_limit": ("-- migrate: batches\nUPDATE t SET a = 1;", "with a LIMIT"),
    "truncated": ("TRUNCATE t;", "blocks the table"),
    "unlogged": ("ALTER TABLE t SET UNLOGGED;", "blocks the table"),
    "clustered": ("CLUSTER t USING i;", "blocks the table"),
    "hidden": ("DO $$ BEGIN DROP TABLE t; END $$;", "DO hides"),
    "ignored": (
        "-- squawk-ignore ban-drop-column\nALTER TABLE t DROP COLUMN a;",
        "squawk-ignore is not permitted",
    ),
    "committed": ("COMMIT; SELECT 1;", "transaction-nesting"),
    "wrong_syntax": ("ALTEER TABLE t;", "syntax-error"),
    "unknown_marker": ("-- migrate: later\nSELECT 1;", "is not known"),
    "contract_too_early": (
        "-- migrate: contract after 0.3.0\nALTER TABLE t DROP COLUMN a;",
        "0.3.0 is not released",
    ),
    "Capitals": ("SELECT 1;", "the name is not like"),
}

ACCEPTED = {
    "function_with_an_update": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\n"
        "BEGIN UPDATE t SET a = 1; DELETE FROM t; RETURN 1; END $$;"
    ),
    "words_in_texts": "INSERT INTO t VALUES ('DROP TABLE t; UPDATE t');  -- TRUNCATE t;",
    "function_dropped_later": f"{CONTRACT}DROP FUNCTION f(int);",
    "renamed_later": f"{CONTRACT}ALTER TABLE t RENAME COLUMN a TO b;",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What is wrong with each file of the tables above, by name: one run of squawk for all."""
    folder = tmp_path_factory.mktemp("migrations")
    texts = {name: text for name, (text, _part) in REFUSED.items()} | ACCEPTED
    paths = []
    for number, (name, text) in enumerate(texts.items(), start=1):
        paths.append(folder / f"{number:04}_{name}.sql")
        paths[-1].write_text(text)
    return {path.stem[5:]: "\n".join(found) for path, found in findings(paths, RELEASES).items()}


@pytest.mark.parametrize("name", REFUSED)
def test_a_harmful_file_is_refused(found: Mapping[str, str], name: str) -> None:
    assert REFUSED[name][1] in found.get(name, "")


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_harmless_file_is_not(found: Mapping[str, str], name: str) -> None:
    assert found.get(name) is None


def test_the_examples_of_the_page_follow_the_rules(tmp_path: Path) -> None:
    text = (ROOT / "docs/adding-a-migration.md").read_text("utf-8")
    paths = []
    for number, example in enumerate(re.findall(r"```sql\n(.*?)```", text, re.DOTALL), start=1):
        paths.append(tmp_path / f"{number:04}_example.sql")
        paths[-1].write_text(example)
    assert len(paths) > 8
    assert findings(paths, RELEASES) == {}


def test_the_migrations_follow_the_rules() -> None:
    assert findings(new_files(), released()) == {}


def test_the_baseline_excuses_no_new_file(tmp_path: Path) -> None:
    """Neither one with the next number, nor one in a gap, nor those of a new source."""
    present = "services/bookings/src/linktime_bookings/migrations"
    shutil.copytree(ROOT / present, tmp_path / present)
    kept = {name: number for name, number in BASELINE.items() if "bookings" in name}
    assert kept == {"linktime_bookings/migrations": ("0014", 12)}
    old = {path.name for path in (tmp_path / present).iterdir() if path.name[:4] <= "0014"}

    def new() -> set[str]:
        return {path.name for path in new_files(tmp_path)}

    assert not new() & old
    later = tmp_path / present / "0900_later.sql"
    later.touch()
    assert later.name in new()
    assert not new() & old
    (tmp_path / present / "0007_in_a_gap.sql").touch()
    assert new() > old | {"0007_in_a_gap.sql"}
    other = tmp_path / "libs/common/src/linktime_common/migrations/locks/0001_locks.sql"
    other.parent.mkdir(parents=True)
    other.touch()
    assert other in new_files(tmp_path)
    assert source_of(other) == "linktime_common/migrations/locks"


def test_releases_are_headings_of_the_changelog(tmp_path: Path) -> None:
    text = "# Changes\n\n## Unreleased\n\n## 0.2.0 (2027-01-31)\n\n### 9.9\n\n## 0.1.0\n"
    (tmp_path / "CHANGELOG.md").write_text(text)
    assert released(tmp_path) == ["0.2.0", "0.1.0"]
