"""The tables of docs/architecture.md match the code; libs/common compares the events."""

import importlib
import re
import tomllib
from typing import Any

from linktime_bookings.settings import BookingsSettings
from linktime_common.contracts.events import EVENTS
from linktime_operator.stack.services import INTERNAL_CALLS, OPERATOR, PUBLIC_CALLS, SERVICES
from tests.pages import ROOT, codes, section, table

PAGE = "docs/architecture.md"
FOLDERS = {f"{name}/" for name in ("api", "calendars", "clients", "domain", "pages", "store")}
STATEMENTS = re.compile(
    r"^CREATE TABLE (\w+)( PARTITION OF)?|^ALTER TABLE (\w+) RENAME TO (\w+)|^DROP TABLE ([\w, ]+)",
    re.MULTILINE,
)


def tables_of(folder: str) -> set[str]:
    """Return the tables that a folder of migrations creates, without partitions."""
    there: set[str] = set()
    for path in sorted(ROOT.glob(f"{folder}/*.sql")):
        for made, partition, old, new, dropped in STATEMENTS.findall(path.read_text("utf-8")):
            there |= {made} if made and not partition else set()
            if old in there:
                there = there - {old} | {new}
            there -= set(dropped.split(", "))
    return there


def test_each_table_has_its_owner() -> None:
    """Exactly the tables that the migrations of a service create."""
    written = {cells[0]: codes(cells[2]) for cells in table(PAGE, "Who owns what")}
    made = {
        service: sorted(tables_of(f"services/{service}/src/linktime_{service}/migrations"))
        for service in SERVICES
    }
    assert written == made
    shared = tables_of("libs/common/src/linktime_common/migrations/*")
    assert shared == set(codes(section(PAGE, "Who owns what").partition("also has")[2])[:6])


def test_each_call_between_services_is_listed() -> None:
    """Services with the internal address of another; only the gateway has the public ones."""
    written = [(cells[0], cells[1]) for cells in table(PAGE, "Calls between services")]
    called = {
        (caller, one)
        for caller, ones in INTERNAL_CALLS.items()
        if caller != OPERATOR
        for one in ones
    }
    assert set(written) == called
    assert len(written) == len(called)
    assert INTERNAL_CALLS[OPERATOR] == SERVICES
    assert {caller: set(ones) for caller, ones in PUBLIC_CALLS.items()} == {
        "gateway": set(SERVICES) - {"gateway"}
    }


def test_the_layers_are_those_that_are_checked() -> None:
    """In the order of the import rules."""
    rules: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in rules["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Layers point inwards"
    )
    checked = [re.findall(r"\w+", layer) for layer in layers]
    assert [codes(cells[0]) for cells in table(PAGE, "Layers")] == checked


def test_each_deadline_has_the_value_of_the_code() -> None:
    """A constant by its full name, or the default of a setting."""
    written = {codes(cells[2])[0]: float(cells[1]) for cells in table(PAGE, "Deadlines")}
    assert written == {name: seconds(name) for name in written}


def seconds(name: str) -> float:
    """Return the value of a constant, or the default of a setting of bookings."""
    if name.startswith("BOOKINGS_"):
        field = name.removeprefix("BOOKINGS_").lower()
        return float(BookingsSettings.model_fields[field].default)
    module, _, constant = name.rpartition(".")
    return float(getattr(importlib.import_module(module), constant))


def test_each_event_of_a_picture_exists() -> None:
    """Names of events and paths in the diagrams are those of the code."""
    pictures = "".join(
        re.findall(r"```mermaid\n(.*?)```", (ROOT / PAGE).read_text("utf-8"), re.DOTALL)
    )
    named = set(re.findall(r"\b(?:booking|contact|user|payment)\.[a-z]+\b", pictures))
    assert named
    assert named <= {event.type for event in EVENTS}
    assert set(re.findall(r"(\w+) -- HTTP --> (\w+)", pictures)) == {
        (cells[0], cells[1]) for cells in table(PAGE, "Calls between services")
    }


def test_the_places_of_new_things_are_in_existing_services() -> None:
    """An existing service and its folders."""
    for cells in table(PAGE, "Where new things go"):
        service = cells[1].partition(":")[0]
        assert service in SERVICES
        places = {place for place in codes(cells[1]) if not place.startswith("/")}
        assert places <= FOLDERS | {"workers.py", "web/"}
