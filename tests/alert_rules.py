"""The page of metrics, the runbook and the alert rules, for tests that compare them."""

import re
from typing import Any

import yaml

from tests.pages import ROOT, codes, table

PAGE = "docs/metrics.md"
OF_ONE_SERVICE = ("availability", "bookings", "gateway", "webhooks")
FOLDER = ROOT / "deploy/observability/prometheus"
RUNBOOK = "docs/operations.md"
OF_OTHERS = {
    "up",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_disk_space_available_limit_bytes",
}
"""Metrics of Prometheus and RabbitMQ."""


def content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return found


RULES = [rule for group in content("alerts.yml")["groups"] for rule in group["rules"]]


def metrics_in(query: str) -> set[str]:
    """Return the names of metrics in a query, as documented."""
    return {
        re.sub(r"(_seconds)_(bucket|count|sum)$", r"\1", name)
        for name in re.findall(r"\b(?:linktime_\w+|rabbitmq_\w+|up\b)", query)
    }


def documented() -> set[str]:
    headings = ("Every process", "Consumers", *OF_ONE_SERVICE)
    return {codes(row[0])[0] for heading in headings for row in table(PAGE, heading)}
