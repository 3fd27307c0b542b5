"""How commands find a system to operate."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from libs.operator.tests.launched import Launcher, run_linktime
from libs.operator.tests.stack_files import described

from linktime_operator import locate
from linktime_operator.cli import linktime
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack_file import FOLDER

NOWHERE = "http://127.0.0.1:9"


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


async def test_doctor_names_each_service_that_settings_leave_out(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """All is well only with the address and the key of each, also beside a local stack."""
    urls = {
        f"LINKTIME_{name.upper()}_INTERNAL_URL": one["internalUrl"]
        for name, one in running["services"].items()
    }
    keys = {"LINKTIME_OPERATOR_KEYS": json.dumps(running["operator"]["keys"])}
    whole = await launcher.command("doctor", env={**urls, **keys})
    assert (whole.status, whole.output.splitlines()[-1]) == (0, "All is well.")
    hidden = {**urls, **keys, "LINKTIME_BOOKNGS_INTERNAL_URL": NOWHERE}
    del hidden["LINKTIME_BOOKINGS_INTERNAL_URL"]
    unset = "The address of bookings is not known: set LINKTIME_BOOKINGS_INTERNAL_URL."
    shown = await launcher.command("doctor", env=hidden)
    assert (shown.status, shown.output.splitlines().count(unset)) == (1, 1)
    assert "All is well." not in shown.output
    assert "did you mean LINKTIME_BOOKINGS_INTERNAL_URL?" in shown.error
    examined = await launcher.command("doctor", "--json", env=hidden)
    assert (examined.status, examined.json["ok"]) == (1, False)
    assert examined.json["problems"] == [unset]
    keyless = await launcher.command("doctor", "--json", env=urls)
    assert (keyless.status, keyless.json["ok"]) == (1, False)
    assert keyless.json["problems"] == [
        f"The key of {name} is missing: add it to LINKTIME_OPERATOR_KEYS." for name in SERVICES
    ]


async def test_the_stack_of_the_checkout_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nearer one is preferred, and LINKTIME_STATE excludes both."""
    monkeypatch.delenv("LINKTIME_STATE", raising=False)
    below, checkout = tmp_path / "work" / "below", tmp_path / "checkout"
    module = checkout / "libs" / "operator" / "src" / "linktime_operator" / "locate.py"
    monkeypatch.setattr(locate, "__file__", str(module))
    (checkout / "services").mkdir(parents=True)
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    for folder in (checkout / FOLDER, below.parent / FOLDER):
        folder.mkdir()
        described(os.getpid()).write(folder)
        assert locate.running_folder() == folder
    monkeypatch.setenv("LINKTIME_STATE", str(tmp_path))
    assert locate.running_stack() is None
    shown = " ".join(str(linktime.help).split())
    assert "in the checkout that the command is installed from" in shown


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
