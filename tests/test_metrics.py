"""Names of metrics, and the page that lists them."""

import importlib
import subprocess
import sys
from typing import Any

from prometheus_client import REGISTRY

from linktime_operator.stack.services import SERVICES
from tests.alert_rules import OF_ONE_SERVICE, PAGE
from tests.pages import codes, table

OF_THE_LIBRARY = ("python_", "process_")
BOUNDED = {
    "check", "code", "consumer", "lane", "limit", "method", "outcome", "purpose", "queue",
    "reason", "route", "state", "status", "table", "version",
}  # fmt: skip
"""Labels whose values are declared in the code; none can grow with users or requests."""


def written(heading: str) -> dict[str, tuple[str, list[str]]]:
    """Return type and labels by name, as the page has them."""
    rows = table(PAGE, heading)
    assert len({row[0] for row in rows}) == len(rows)
    return {codes(cells[0])[0]: (cells[1], codes(cells[2])) for cells in rows}


def registered() -> dict[str, tuple[str, list[str]]]:
    """Return type and labels by exposed name, of all services."""
    for service in SERVICES:
        importlib.import_module(f"linktime_{service}.app")
    collectors: Any = REGISTRY._collector_to_names
    found = {}
    for collector in collectors:
        for one in collector.collect():
            if not one.name.startswith(OF_THE_LIBRARY):
                name = f"{one.name}_total" if one.type == "counter" else one.name
                found[name] = (one.type, list(collector._labelnames))
    return found


def test_every_metric_is_named_after_linktime() -> None:
    """With the prefix `linktime_`; times are in seconds; labels are in the list above."""
    found = registered()
    assert len(found) > 40
    assert [name for name in found if not name.startswith("linktime_")] == []
    histograms = [name for name, (kind, _labels) in found.items() if kind == "histogram"]
    assert [name for name in histograms if not name.endswith("_seconds")] == []
    assert {label for _kind, labels in found.values() for label in labels} == BOUNDED


def test_the_page_lists_every_metric() -> None:
    """With its type and labels, in the section of its service."""
    everywhere = written("Every process") | written("Consumers")
    assert not [name for name in everywhere if name.split("_")[1] in OF_ONE_SERVICE]
    all_rows = dict(everywhere)
    for service in OF_ONE_SERVICE:
        rows = written(service)
        assert [name for name in rows if not name.startswith(f"linktime_{service}_")] == []
        all_rows |= rows
    assert all_rows == registered()


def test_every_process_has_the_metrics_of_its_section() -> None:
    """In a service without consumers all but those of consumers, which the page says."""
    everywhere = set(written("Every process"))
    assert metrics_of("contacts") == everywhere | set(written("Consumers"))
    assert metrics_of("scim") == everywhere


def metrics_of(service: str) -> set[str]:
    """Return the names that a process of the service registers."""
    program = (
        f"import linktime_{service}.app\n"
        "from prometheus_client import REGISTRY\n"
        "for one in REGISTRY.collect():\n"
        "    print(one.name + ('_total' if one.type == 'counter' else ''))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return {name for name in run.stdout.decode().split() if not name.startswith(OF_THE_LIBRARY)}
