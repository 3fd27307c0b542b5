"""`make verify-containers`: `python -m verification [--steps STEP…] [--previous COMMIT]`.

Each step is also run with broken inputs, which it must find.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from schema.verify import release_before

from verification.checkouts import ROOT, CheckFailed, Checkout, copies
from verification.images import NAMES
from verification.steps import STEPS, Broken, Trial, leftovers
from verification.traffic import NO_ANSWER

LOG = ROOT / ".run" / "verification.log"
TAGS = ("verification", "verification-old", "verification-broken", "before-verification")
WIDTH = max(len(step.name) for step in STEPS) + len(", broken")

Row = dict[str, object]


def main() -> int:
    """Run the steps until one fails, print a table, and remove everything."""
    parser = argparse.ArgumentParser(prog="python -m verification", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    parser.add_argument(
        "--steps",
        nargs="+",
        choices=[step.name for step in STEPS],
        help="only these, after those that they need; default: all",
    )
    parser.add_argument(
        "--previous",
        help="the commit or tag to upgrade from; default: the newest release before this commit",
    )
    options = parser.parse_args()
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("")
    rows: list[Row] = []
    with copies(LOG, options.previous or release_before("HEAD^")) as (now, old):
        trial = Trial(now, old)
        try:
            for row in _rows(trial, options.steps):
                print(_line(row), row["found"], sep="  ", flush=True)
                rows.append(row)
                if not row["passed"]:
                    break
        finally:
            _remove(now)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return _report(rows)


def _rows(trial: Trial, chosen: list[str] | None) -> Iterator[Row]:
    """Run the steps, and yield a row for each and for each of its broken inputs."""
    for step in STEPS:
        if chosen is None or step.name in chosen:
            found = (
                _row(f"{step.name}, broken", partial(_find, trial, broken))
                for broken in step.broken
            )
            if step.broken_first:
                yield from found
            yield _row(step.name, partial(step.run, trial))
            yield from found
        elif any(step.name in other.needs for other in STEPS if other.name in chosen):
            yield _row(step.name, partial(step.run, trial))


def _find(trial: Trial, broken: Broken) -> str:
    """Run a step with a broken input; raises CheckFailed if it does not find it."""
    try:
        broken.run(trial)
    except CheckFailed as failure:
        if broken.found in str(failure):
            return f"{broken.what}: {str(failure).splitlines()[-1]}"
        raise CheckFailed(f"{broken.what}: {broken.found!r} was expected in: {failure}") from None
    raise CheckFailed(f"{broken.what}: the step did not find it")


def _row(name: str, act: Callable[[], str]) -> Row:
    began = time.monotonic()
    try:
        found, passed = act(), True
    except (CheckFailed, *NO_ANSWER) as failure:
        found, passed = f"{type(failure).__name__}: {failure}", False
    seconds = round(time.monotonic() - began, 1)
    return {"step": name, "passed": passed, "seconds": seconds, "found": found}


def _line(row: Row) -> str:
    state = "passed" if row["passed"] else "FAILED"
    return f"{row['step']:<{WIDTH}}  {state}  {row['seconds']:>7} s"


def _report(rows: list[Row]) -> int:
    failed = [row for row in rows if not row["passed"]]
    total = sum(float(str(row["seconds"])) for row in rows)
    print(f"\n{len(rows) - len(failed)} of {len(rows)} passed in {total:.0f} s; output: {LOG}")
    for row in rows:
        print(f"  {_line(row)}")
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
