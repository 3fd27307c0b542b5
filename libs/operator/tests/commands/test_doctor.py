"""`linktime doctor --deep` while a service hangs, and what is said of calls without an answer."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import pytest
from libs.operator.tests.launched import LINKTIME, Launcher, hanging, run_linktime

from linktime_common.contracts.internal_api.inventory import RowToRemove
from linktime_common.http.client import open_session
from linktime_operator.clients import LONG_CALL_SECONDS, Clients
from linktime_operator.errors import CallFailed
from linktime_operator.operations import inventory
from linktime_operator.operations.doctor import Diagnosis, compared

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("service", ["contacts", "bookings"])
async def test_a_service_that_hangs_is_named_before_a_comparison_would_end(
    launcher: Launcher, running: dict[str, Any], service: str
) -> None:
    """Nothing is compared with it, and nothing is said about what may have been done."""
    before = time.monotonic()
    with hanging(running["services"][service]["pids"]):
        found = await run_linktime("doctor", "--deep", env=launcher.env)
    assert time.monotonic() - before < LONG_CALL_SECONDS / 2
    assert found.status == 1
    assert f"{service} does not answer at " in found.output
    assert found.output.splitlines()[-1] == (
        f"The services were not compared, because not every process of {service} answered."
    )


async def test_the_diagnosis_is_printed_before_the_comparison(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Which takes long with many rows."""
    process = await asyncio.create_subprocess_exec(
        LINKTIME,
        *("doctor", "--deep"),
        env=dict(launcher.env),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    shown = output.decode()
    assert 0 < shown.index("scim  ") < shown.index("comparison 1 of ")


async def test_only_a_call_that_changes_something_may_have_been_done(
    running: dict[str, Any],
) -> None:
    """The lookup of rows is a POST, and changes nothing."""
    async with open_session() as session:
        clients = Clients(session, {"contacts": NOWHERE}, running["operator"]["keys"])
        with pytest.raises(CallFailed) as read:
            await inventory.look_up(clients, inventory.MEETINGS, [uuid4()])
        with pytest.raises(CallFailed) as written:
            await inventory.remove(clients, inventory.MEETINGS, [RowToRemove(id=uuid4())])
    assert str(read.value) == "contacts did not respond. See `linktime doctor`."
    assert str(written.value) == (
        "contacts did not respond. It may have been done all the same. See `linktime doctor`."
    )


async def test_doctor_does_not_name_itself(running: dict[str, Any]) -> None:
    """When a service ends between the diagnosis and the comparison."""
    urls = {name: one["internalUrl"] for name, one in running["services"].items()}
    healthy = Diagnosis(python="3", tzdata="1", free_bytes=1, open_files_limit=1)
    async with open_session() as session:
        clients = Clients(session, {**urls, "contacts": NOWHERE}, running["operator"]["keys"])
        found = await compared(healthy, clients, lambda _progress: None)
    assert found.problems == ["The services cannot be compared: contacts did not respond."]
    assert not found.ok
