"""The alerts of deploy/observability: their rules, and what to do when one fires."""

import asyncio
import re
import subprocess

import click
import pytest
from libs.operator.tests.command_names import commands_of

from linktime_operator.cli import linktime
from linktime_operator.stack.services import SERVICES
from tests.alert_rules import FOLDER, OF_OTHERS, RULES, RUNBOOK, content, documented, metrics_in
from tests.pages import ROOT, codes, section
from tests.prometheus_server import programs

PARTS = ["Meaning", "Users notice", "Look", "Do", "Over when"]
OPERATORS = re.compile(r"docker compose run --rm operator ([a-z][^\n`|]*)")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts.test.yml"),
    ],
    ids=" ".join,
)
async def test_promtool_accepts(arguments: tuple[str, ...]) -> None:
    """Configuration, rules, and when each alert is quiet and when it fires."""
    promtool = (await programs())["promtool"]
    run = await asyncio.to_thread(
        subprocess.run, [promtool, *arguments], cwd=FOLDER, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_has_a_test_of_its_rule() -> None:
    """One that is quiet first and then fires."""
    tests = [one for test in content("alerts.test.yml")["tests"] for one in test["alert_rule_test"]]
    quiet = [one["alertname"] for one in tests if not one.get("exp_alerts")]
    fires = [one["alertname"] for one in tests if one.get("exp_alerts")]
    assert quiet == fires == [rule["alert"] for rule in RULES]


def test_every_alert_is_in_the_runbook() -> None:
    """With all parts; the annotation links the entry."""
    entries = re.findall(r"^### (.+)$", section(RUNBOOK, "Alerts"), re.MULTILINE)
    assert entries == [rule["alert"] for rule in RULES]
    for name in entries:
        text = section(RUNBOOK, name)
        assert re.findall(r"^\*\*([^*]+)\.\*\*", text, re.MULTILINE) == PARTS, name
        assert "```sh\n" in text, name
    links = [rule["annotations"]["runbook"] for rule in RULES]
    assert links == [f"{RUNBOOK}#{name.lower()}" for name in entries]
    assert {rule["labels"]["severity"] for rule in RULES} == {"critical", "warning"}


def test_rules_and_runbook_use_documented_metrics() -> None:
    """Others would be without data, and no alert would ever fire."""
    known = documented() | OF_OTHERS
    used = {name for rule in RULES for name in metrics_in(rule["expr"])}
    assert used - known == set()
    named = {name for span in codes(section(RUNBOOK, "Alerts")) for name in metrics_in(span)}
    assert named - known == set()


def test_the_commands_of_the_runbook_exist() -> None:
    """Those of the operator, with their options."""
    text = (ROOT / RUNBOOK).read_text("utf-8")
    found = OPERATORS.findall(text)
    assert len(found) > 5
    for line in found:
        command: click.Command = linktime
        words = line.split()
        while isinstance(command, click.Group) and words:
            command = commands_of(command)[words.pop(0)]
        options = {name for option in command.params for name in option.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_every_service_is_scraped() -> None:
    """At its internal port in Docker Compose, with its name as label."""
    (job,) = (
        one for one in content("prometheus.yml")["scrape_configs"] if one["job_name"] == "linktime"
    )
    assert {one["labels"]["service"]: one["targets"] for one in job["static_configs"]} == {
        service: [f"{service}:8001"] for service in SERVICES
    }
