"""The data files in `corpus/`; its README says what they are."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linktime_availability.calendars.expansion import BusyRules, Expansion

CORPUS = Path(__file__).parent / "corpus"
SINCE = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
UNTIL = int(datetime(2026, 4, 30, tzinfo=UTC).timestamp())
RULES = BusyRules(zone="Europe/Berlin", own_address="host@example.com")


@dataclass(frozen=True)
class Case:
    """One object with its answer."""

    name: str
    data: bytes
    answer: dict[str, Any]


def cases(folder: str) -> list[Case]:
    """Return the objects of a folder."""
    found = [
        Case(path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_bytes()))
        for path in sorted((CORPUS / folder).glob("*.ics"))
    ]
    assert found
    return found


def case(folder: str, name: str) -> Case:
    """Return one object."""
    (found,) = (one for one in cases(folder) if one.name == name)
    return found


def answer_of(expansion: Expansion, case: Case) -> dict[str, Any]:
    """Return an expansion in the form of the answers."""
    return {
        "about": case.answer["about"],
        "busy": [[_iso(start), _iso(end)] for start, end in expansion.intervals],
        "refused": sorted([one.uid, one.reason] for one in expansion.refused),
        "events": expansion.events,
        "bookings": [
            [str(one.booking_id), [[_iso(start), _iso(end)] for start, end in one.intervals]]
            for one in expansion.bookings
        ],
    }


def expected(case: Case) -> dict[str, Any]:
    """Return the answer, with the refusals in the order of comparison."""
    refused = sorted(case.answer["refused"])
    return {"bookings": []} | case.answer | {"refused": refused}


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%MZ")
