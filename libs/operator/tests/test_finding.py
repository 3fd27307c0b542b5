"""How commands find a system to operate."""

import json
import os
from pathlib import Path
from typing import Any

from libs.operator.tests.launched import Launcher, run_linktime


def without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LINKTIME_")}


async def test_a_stack_is_found_from_a_folder_below_it(
    launcher: Launcher, running: object, tmp_path: Path
) -> None:
    """The .run folder of a parent folder."""
    (tmp_path / ".run").symlink_to(launcher.state)
    below = tmp_path / "services" / "deep"
    below.mkdir(parents=True)
    found = await run_linktime("user", "list", "--json", env=without_settings(), cwd=below)
    assert found.status == 0, found.error


async def test_without_a_stack_the_error_names_the_command(tmp_path: Path) -> None:
    """An error with the command to type."""
    env = {**without_settings(), "LINKTIME_STATE": str(tmp_path)}
    refused = await run_linktime("user", "list", "--json", env=env)
    assert "make run" in refused.refusal["error"]
    assert "code" not in refused.refusal


async def test_remote_services_are_named_by_settings(
    running: dict[str, Any], tmp_path: Path
) -> None:
    """Addresses and keys in the environment are enough; no file is needed."""
    env = {
        **without_settings(),
        "LINKTIME_STATE": str(tmp_path),
        "LINKTIME_SCIM_INTERNAL_URL": running["services"]["scim"]["internalUrl"],
        "LINKTIME_OPERATOR_KEYS": json.dumps(running["operator"]["keys"]),
    }
    listed = await run_linktime("user", "list", "--json", env=env)
    assert listed.status == 0, listed.error
    unknown = await run_linktime("resync", "gateway", "--json", env=env)
    assert "The address of gateway is not known" in unknown.refusal["error"]
    assert "LINKTIME_GATEWAY_INTERNAL_URL" in unknown.refusal["error"]
    env["LINKTIME_OPERATOR_KEYS"] = "{}"
    keyless = await run_linktime("user", "list", "--json", env=env)
    assert "The key of scim is missing" in keyless.refusal["error"]


async def test_an_unavailable_service_is_named(running: dict[str, Any], tmp_path: Path) -> None:
    """One sentence with its name; the same for a key that it does not accept."""
    env = {
        **without_settings(),
        "LINKTIME_STATE": str(tmp_path),
        "LINKTIME_SCIM_INTERNAL_URL": "http://127.0.0.1:9",
        "LINKTIME_OPERATOR_KEYS": json.dumps(running["operator"]["keys"]),
    }
    away = await run_linktime("user", "list", "--json", env=env)
    assert "scim did not respond. See `linktime doctor`." in away.refusal["error"]
    assert away.refusal["code"] == "unavailable"
    env["LINKTIME_SCIM_INTERNAL_URL"] = running["services"]["scim"]["internalUrl"]
    env["LINKTIME_OPERATOR_KEYS"] = json.dumps({"scim": running["operator"]["keys"]["gateway"]})
    refused = await run_linktime("user", "list", "--json", env=env)
    assert "scim responded with 5" in refused.refusal["error"]


async def test_a_usage_error_is_json_too(tmp_path: Path) -> None:
    """With click's own status 2, unlike a refusal."""
    env = {**without_settings(), "LINKTIME_STATE": str(tmp_path)}
    misused = await run_linktime("user", "create", "--json", env=env)
    assert misused.status == 2
    refusal = json.loads(misused.error)
    assert "--email" in refusal["error"]
    assert refusal["code"] == "invalid_request"
