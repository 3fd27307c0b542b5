"""The dashboard and the rules show what a running LinkTime measures."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from linktime_local.servers.ports import free_port
from linktime_local.servers.processes import ChildProcess
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.alert_rules import FOLDER, OF_OTHERS, RULES, RUNBOOK, documented, metrics_in
from tests.hosts import Host
from tests.pages import ROOT
from tests.prometheus_server import programs
from tests.receiver import Receiver

GRAFANA = ROOT / "deploy/observability/grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards/linktime.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_THE_LIBRARY = {"process_resident_memory_bytes", "process_cpu_seconds_total"}
WAIT_SECONDS = 60
# In the runbook, quoted like panels.
OTHER_QUOTED = {"All is well.", "PostgreSQL accepts no more connections"}


def queries() -> dict[str, list[str]]:
    """Return the queries of each panel, by its title, as Grafana sends them."""
    return {
        panel["title"]: [one["expr"].replace("$__rate_interval", "1m") for one in panel["targets"]]
        for panel in PANELS
    }


class Prometheus:
    """A running Prometheus and the questions of this test."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http

    async def is_ready(self) -> bool:
        try:
            async with self._http.get(f"{self._url}/-/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def ask(self, path: str, **parameters: str) -> Any:
        async with self._http.get(f"{self._url}/api/v1/{path}", params=parameters) as response:
            answer = await response.json()
        assert answer["status"] == "success", answer
        return answer["data"]

    async def series(self, query: str) -> list[Any]:
        found: list[Any] = (await self.ask("query", query=query))["result"]
        return found

    async def without_series(self, asked: dict[str, list[str]]) -> list[str]:
        """Return the names whose queries all have no result."""
        return [
            name
            for name, several in asked.items()
            if not [one for query in several for one in await self.series(query)]
        ]


def settings(stack: Stack) -> dict[str, Any]:
    """Return the configuration of Docker Compose with the addresses of this stack."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    found["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    found["rule_files"] = [str(FOLDER / "alerts.yml")]
    job = found["scrape_configs"][0]
    for one in job["static_configs"]:
        address = stack.file.services[one["labels"]["service"]].internal_url
        one["targets"] = [address.removeprefix("http://").rstrip("/")]
    return {**found, "scrape_configs": [job]}


@pytest.fixture
async def prometheus(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[Prometheus]:
    program = (await programs())["prometheus"]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings(stack)))
    address = f"127.0.0.1:{free_port()}"
    child = ChildProcess.start(
        [
            program,
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address={address}",
        ],
        env={},
        log=tmp_path / "log",
    )
    try:
        server = Prometheus(f"http://{address}", http)
        await eventually(server.is_ready, within=WAIT_SECONDS)
        yield server
    finally:
        await child.stop(within=10)


async def test_every_panel_and_every_rule_has_data(
    stack: Stack, host: Host, receiver: Receiver, prometheus: Prometheus
) -> None:
    """After bookings with a webhook, a refused request and one that fails."""
    await host.subscribe(receiver.url, "booking.created")
    for start in (await host.slots())[:2]:
        assert (await host.book(start)).status == 201
    assert (await host.call("GET", "/api/v1/bookings/none")).status in {400, 404}
    # Without the gateway's identity, a service answers with 503.
    async with host.http.get(f"{stack.file.services['bookings'].url}/api/v1/bookings") as response:
        assert response.status == 503

    asked = queries()

    async def is_complete() -> bool:
        assert await prometheus.without_series(asked) == []
        return True

    await eventually(is_complete, within=WAIT_SECONDS, every=0.5)
    used = {name for rule in RULES for name in re.findall(r"\blinktime_\w+", rule["expr"])}
    assert await prometheus.without_series({name: [name] for name in used}) == []
    groups = (await prometheus.ask("rules"))["groups"]
    states = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert states == {rule["alert"]: "ok" for rule in RULES}


def test_panels_use_documented_metrics() -> None:
    known = documented() | OF_OTHERS | OF_THE_LIBRARY
    used = {name for several in queries().values() for one in several for name in metrics_in(one)}
    assert used - known == set()


def test_the_runbook_names_panels_that_exist() -> None:
    text = " ".join((ROOT / RUNBOOK).read_text("utf-8").split())
    named = set(re.findall(r'"([A-Z][^"]+)"', re.sub(r"```.*?```", "", text)))
    assert named
    assert named - OTHER_QUOTED <= set(queries())


def test_grafana_finds_the_source_of_the_dashboard() -> None:
    """By the id in both files."""
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    (uid,) = (one["uid"] for one in source["datasources"])
    assert {one["datasource"]["uid"] for panel in PANELS for one in panel["targets"]} == {uid}
