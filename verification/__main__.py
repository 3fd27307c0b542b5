"""`python -m verification [--json FILE] [--previous COMMIT]`: `make verify-containers`.

Each step is also run with a broken input, which it must find.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from schema.verify import release_before

from verification.checkouts import ROOT, CheckFailed, Checkout, copies
from verification.images import NAMES
from verification.steps import BROKEN_FIRST, STEPS, Step, Trial, leftovers

LOG = ROOT / ".run" / "verification.log"
TAGS = ("verification", "verification-old", "verification-broken", "before-verification")


def main() -> int:
    """Run the steps until one fails, print a table, and remove everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    parser.add_argument(
        "--previous",
        help="the commit or tag to upgrade from; default: the newest release before this commit",
    )
    options = parser.parse_args()
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("")
    rows: list[dict[str, object]] = []
    with copies(LOG, options.previous or release_before("HEAD^")) as (now, old):
        trial = Trial(now, old)
        try:
            for step in STEPS:
                rows += _tried(step, trial)
                if not rows[-1]["passed"]:
                    break
        finally:
            _remove(now)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return _report(rows)


def _tried(step: Step, trial: Trial) -> list[dict[str, object]]:
    """Return a row for the step, and one for its broken input."""
    if step.name in BROKEN_FIRST:
        rows = [_run_broken(step, trial)]
        return rows if not rows[0]["passed"] else [*rows, _run(step, trial)]
    rows = [_run(step, trial)]
    return rows if not rows[0]["passed"] else [*rows, _run_broken(step, trial)]


def _run(step: Step, trial: Trial) -> dict[str, object]:
    began = time.monotonic()
    try:
        found, passed = step.run(trial), True
    except CheckFailed as failure:
        found, passed = str(failure), False
    return _row(step.name, passed, began, found)


def _run_broken(step: Step, trial: Trial) -> dict[str, object]:
    began = time.monotonic()
    try:
        step.broken(trial)
    except CheckFailed as failure:
        return _row(f"{step.name}, broken", True, began, f"found: {str(failure).splitlines()[-1]}")
    return _row(f"{step.name}, broken", False, began, "the step did not find it")


def _row(name: str, passed: bool, began: float, found: str) -> dict[str, object]:
    row = {
        "step": name,
        "passed": passed,
        "seconds": round(time.monotonic() - began, 1),
        "found": found,
    }
    print(_line(row), flush=True)
    return row


def _line(row: dict[str, object]) -> str:
    state = "passed" if row["passed"] else "FAILED"
    return f"{row['step']:<20} {state}  {row['seconds']:>7} s  {row['found']}"


def _report(rows: list[dict[str, object]]) -> int:
    failed = [row for row in rows if not row["passed"]]
    total = sum(float(str(row["seconds"])) for row in rows)
    print(f"\n{len(rows) - len(failed)} of {len(rows)} passed in {total:.0f} s; output: {LOG}")
    for row in rows:
        print(
            f"  {row['step']:<20} {'passed' if row['passed'] else 'FAILED'}  {row['seconds']:>7} s"
        )
    return 1 if failed else 0


def _remove(checkout: Checkout) -> None:
    """Remove containers, volumes, networks and tags of the verification, whatever failed."""
    for kind, command in (
        ("ps --all", "rm -f -v"),
        ("volume ls", "volume rm"),
        ("network ls", "network rm"),
    ):
        left = " ".join(leftovers(checkout, kind))
        if left:
            checkout.status(f"docker {command} {left}")
    images = " ".join(f"linktime/{name}:{tag}" for name in NAMES for tag in TAGS)
    checkout.status(f"docker image rm {images}")


if __name__ == "__main__":
    sys.exit(main())
