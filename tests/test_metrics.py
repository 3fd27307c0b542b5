"""Names of metrics."""

import importlib

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
