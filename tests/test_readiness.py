"""What a service that waits says of itself, and `linktime doctor` of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from linktime_common.contracts.wire import format_instant
from linktime_common.process import Role
from linktime_contacts.app import SERVICE
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import running
from linktime_operator.operations.doctor import diagnose
from linktime_operator.stack.stack import Stack


async def test_doctor_says_since_when_a_service_waits(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instant is the service's own, and stays the same from one look to the next."""
    for key, value in stack._processes.of("contacts")[0].environment.items():
        monkeypatch.setenv(key, value)
    before = datetime.now(UTC)
    url = f"amqp://nobody@127.0.0.1:{free_port()}/"
    async with running(SERVICE, Role.ALL, broker_url=url) as contacts:
        for _ in range(2):
            async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
                assert response.status == 503
                body = await response.json()
            assert body["checks"] == {"database": True, "broker": False}
            assert set(body["since"]) == {"broker"}
        urls = {"contacts": contacts.internal_url}
        found = await diagnose(contacts.session, urls, None, tmp_path)
    since = found.services["contacts"].since["broker"]
    assert format_instant(since) == body["since"]["broker"]
    assert format_instant(before) <= format_instant(since) <= format_instant(datetime.now(UTC))
    sentence = f"contacts is not ready: it waits for its broker (since {format_instant(since)})."
    assert sentence in found.problems
