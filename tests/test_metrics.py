"""Names of metrics."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

from prometheus_client import REGISTRY

from linktime_operator.stack.services import SERVICES

OF_THE_LIBRARY = ("python_", "process_")


def test_every_figure_is_named_after_linktime() -> None:
    """With the prefix `linktime_`; times are in seconds."""
    for service in SERVICES:
        importlib.import_module(f"linktime_{service}.app")
    ours = [one for one in REGISTRY.collect() if not one.name.startswith(OF_THE_LIBRARY)]
    assert len(ours) > 20
    assert [one.name for one in ours if not one.name.startswith("linktime_")] == []
    histograms = [one.name for one in ours if one.type == "histogram"]
    assert [name for name in histograms if not name.endswith("_seconds")] == []


def test_every_process_has_the_metrics_of_the_guide() -> None:
    """In a service without consumers all but those of consumers, which the guide says."""
    guide = (Path(__file__).parents[1] / "docs" / "running.md").read_text("utf-8")
    section = guide.partition("## Metrics")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
    of_consumers = {name for name in documented if name.startswith("linktime_consumer_")}
    assert of_consumers
    assert metrics_of("contacts") == documented
    assert metrics_of("scim") == documented - of_consumers


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
