"""The tables of the services' READMEs, and of docs/running.md, match the code."""

import ast
import importlib
import json
import re
from typing import Any

import pytest
from limits import RateLimitItem
from pydantic.fields import FieldInfo

from linktime_common.contracts.events import EVENTS
from linktime_common.settings import ServiceSettings
from linktime_operator.stack.services import SERVICES
from tests.pages import ROOT, codes, section, table

RUNNING = "docs/running.md"
WITH_JOBS = [
    name for name in SERVICES if (ROOT / f"services/{name}/src/linktime_{name}/workers.py").exists()
]


def readme(service: str) -> str:
    return f"services/{service}/README.md"


def settings_of(service: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = getattr(
        importlib.import_module(f"linktime_{service}.settings"), f"{service.title()}Settings"
    )
    return found


def shown_default(field: FieldInfo) -> str:
    """Return the default as spelled in the environment."""
    if field.is_required():
        return "required"
    return "none" if field.default is None else f"`{spelled(field.default)}`"


def spelled(value: Any) -> str:
    """Return a default as the value of a variable."""
    if isinstance(value, RateLimitItem):
        return f"{value.amount}/{value.GRANULARITY.name}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return str(value)
    return json.dumps(list(value) if isinstance(value, tuple | frozenset) else value)


def shown_name(name: str) -> str:
    """Return a setting's name in capitals; the addresses of public ports are one row."""
    return "<SERVICE>_URL" if name in {f"{one}_url" for one in SERVICES} else name.upper()


def written_settings(page: str, heading: str) -> dict[str, str]:
    """Return the default of each variable, by its name."""
    return {name: cells[1] for cells in table(page, heading) for name in codes(cells[0])}


def test_the_settings_of_every_service_are_on_the_page() -> None:
    """Once, as `<SERVICE>_…`."""
    assert written_settings(RUNNING, "Settings of every service") == {
        str(field.validation_alias or f"<SERVICE>_{name.upper()}"): shown_default(field)
        for name, field in ServiceSettings.model_fields.items()
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_own_settings_of_a_service_are_in_its_readme(service: str) -> None:
    """With their defaults; the others are linked."""
    assert "docs/running.md#settings-of-every-service" in section(readme(service), "Settings")
    own = {
        f"{service.upper()}_{shown_name(name)}": shown_default(field)
        for name, field in settings_of(service).model_fields.items()
        if name not in ServiceSettings.model_fields
    }
    assert (written_settings(readme(service), "Settings") if own else {}) == own


@pytest.mark.parametrize("service", SERVICES)
def test_a_readme_links_the_table_of_events(service: str) -> None:
    """And describes only events of this service."""
    text = section(readme(service), "Events")
    assert "(../../docs/architecture.md#events)" in text
    own = {e.type for e in EVENTS if service in {*e.consumers, e.publisher}}
    assert set(codes(text)) & {event.type for event in EVENTS} <= own


def declared_jobs(service: str) -> dict[str, str]:
    """Return the interval of each job by its name; empty for a job without pauses."""
    workers = importlib.import_module(f"linktime_{service}.workers")
    tree = ast.parse((ROOT / f"services/{service}/src/linktime_{service}/workers.py").read_text())
    found: dict[str, str] = {}
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id in {"periodic", "repeat", "SupervisedTask"}:
            name = ast.literal_eval(call.args[0])
            interval = next((one.value for one in call.keywords if "seconds" in str(one.arg)), None)
            if isinstance(interval, ast.Name):
                found[name] = f"{getattr(workers, interval.id, 0):g} s"
            found.setdefault(name, "")
    return found


@pytest.mark.parametrize("service", WITH_JOBS)
def test_a_readme_lists_the_jobs(service: str) -> None:
    """With their interval, or its setting."""
    written = {codes(cells[0])[0]: cells[1] for cells in table(readme(service), "Jobs")}
    jobs = declared_jobs(service)
    if service == "bookings":
        setting = "`BOOKINGS_SWEEP_INTERVAL_SECONDS`"
        jobs = {name: setting if every == "0 s" else every for name, every in jobs.items()}
    assert written == jobs


def test_services_without_jobs_have_no_table_of_them() -> None:
    """And those with jobs are listed here."""
    assert [
        name for name in SERVICES if "\n## Jobs\n" in (ROOT / readme(name)).read_text("utf-8")
    ] == WITH_JOBS


def test_the_webhooks_readme_names_the_tables_it_owns() -> None:
    """The same ones as docs/architecture.md."""
    (named,) = (
        codes(cells[2])
        for cells in table("docs/architecture.md", "Who owns what")
        if cells[0] == "webhooks"
    )
    owned = [
        name for cells in table(readme("webhooks"), "What it owns") for name in codes(cells[1])
    ]
    assert sorted(owned) == named


def test_the_bookings_readme_names_its_fault_points() -> None:
    """Exactly the failpoints in its code."""
    sources = (ROOT / "services/bookings/src").rglob("*.py")
    reached = {
        name
        for path in sources
        for name in re.findall(r'\breach\("([^"]+)"\)', path.read_text("utf-8"))
    }
    named = set(codes(section(readme("bookings"), "Fault points"))) - {"LINKTIME_FAULT_FILE"}
    assert named == reached
