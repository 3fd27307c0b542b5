"""LINKTIME_… variables that are no settings are named, on standard error."""

import json
import os
from pathlib import Path

import pytest
from libs.operator.tests.launched import invoked, run_linktime

from linktime_operator.deploy.prepare import PrepareSettings
from linktime_operator.deploy.secrets import ExternalServers
from linktime_operator.known_settings import KNOWN, unknown

MISSPELLED = {
    "LINKTIME_BOOKING_PORT": "LINKTIME_BOOKINGS_PORT",
    "LINKTIME_BOOKNGS_INTERNAL_URL": "LINKTIME_BOOKINGS_INTERNAL_URL",
    "LINKTIME_PROT": "LINKTIME_PORT",
    "LINKTIME_STAT": "LINKTIME_STATE",
}
OF_KUBERNETES = (
    "LINKTIME_GATEWAY_SERVE_PORT",
    "LINKTIME_GATEWAY_SERVE_PORT_8000_TCP_ADDR",
    "LINKTIME_GATEWAY_SERVE_SERVICE_HOST",
)


def warning(name: str) -> str:
    advice = f"did you mean {MISSPELLED[name]}?"
    return f"Warning: {name} is no setting and has no effect; {advice}"


def test_misspelled_names_are_found_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MISSPELLED:
        monkeypatch.setenv(name, "hunter2")
    assert {one.name: one.nearest for one in unknown()} == MISSPELLED


def test_settings_and_what_kubernetes_sets_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KNOWN - {"LINKTIME_SECRETS"}, *OF_KUBERNETES):
        monkeypatch.setenv(name, "1")
    assert unknown() == []


def test_the_settings_of_deployments_are_known() -> None:
    """They are listed by name, since their modules take long to load."""
    for kind in (PrepareSettings, ExternalServers):
        assert {f"LINKTIME_{name}".upper() for name in kind.model_fields} <= KNOWN


def test_commands_name_them_on_standard_error(tmp_path: Path) -> None:
    """Also with --json, whose output stays JSON, and without the value."""
    name = "LINKTIME_BOOKNGS_INTERNAL_URL"
    env = {**os.environ, "LINKTIME_STATE": str(tmp_path), name: "hunter2"}
    for arguments in (("doctor", "--json"), ("doctor",), ("user", "list")):
        shown = invoked(*arguments, env=env)
        assert shown.status == 1
        assert shown.error.splitlines()[0] == warning(name)
        assert "hunter2" not in shown.output + shown.error
    examined = invoked("doctor", "--json", env=env)
    assert json.loads(examined.output)["ok"] is False


async def test_run_names_them_before_it_starts(tmp_path: Path) -> None:
    """Here it does not start, since another variable is refused."""
    env = {
        **os.environ,
        "LINKTIME_STATE": str(tmp_path / "state"),
        "LINKTIME_PROT": "hunter2",
        "BOOKINGS_PORT": "1",
    }
    shown = await run_linktime("run", env=env)
    assert shown.error.splitlines()[0] == warning("LINKTIME_PROT")
    assert "hunter2" not in shown.output + shown.error
