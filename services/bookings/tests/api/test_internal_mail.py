"""The operator asks whether the mail server answers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from services.bookings.tests.mail.queued import INVITEE, add, an_email, delivery_to, server_of

from linktime_bookings.app import SERVICE
from linktime_bookings.deps import Deps
from linktime_common.identity import CallerKind
from linktime_common.postgres import Database
from linktime_common.process import ProcessRole
from linktime_local.testing.mail_sinks import FaultyMailSink, running_mail_sink
from linktime_local.testing.services import running


async def asked(settings: dict[str, Any], **smtp: object) -> Any:
    """Return the answer of a process with these settings that sends nothing itself."""
    async with running(SERVICE, ProcessRole.SERVE, **settings, **smtp) as service:
        identity = service.identity(CallerKind.OPERATOR, issuer="operator")
        url = f"{service.internal_url}/internal/mail"
        async with service.session.get(url, headers=identity) as response:
            assert response.status == 200
            return await response.json()


def smtp_of(sink: FaultyMailSink, **more: object) -> dict[str, object]:
    return {
        "smtp_host": sink.host,
        "smtp_port": sink.port,
        "smtp_security": sink.security.value,
        **more,
    }


async def test_not_configured(settings: dict[str, Any]) -> None:
    assert await asked(settings) == {
        "configured": False,
        "reachable": None,
        "error": None,
        "queued": 0,
        "oldestSeconds": 0.0,
        "waitsBecause": None,
    }


async def test_answering(
    settings: dict[str, Any], mail_sink: FaultyMailSink, database: Database
) -> None:
    """With the number of waiting mails; nothing is sent."""
    await add(database, an_email(), an_email())
    await asyncio.sleep(0.1)  # so that the age of the oldest is not 0
    found = await asked(settings, **smtp_of(mail_sink))
    assert (found["reachable"], found["error"], found["queued"]) == (True, None, 2)
    assert found["oldestSeconds"] > 0
    assert mail_sink.mails == []


@pytest.mark.parametrize(
    ("password", "error"),
    [("right", None), ("hunter2", "the mail server refused the login (535)")],
)
async def test_login(
    settings: dict[str, Any], tmp_path: Path, password: str, error: str | None
) -> None:
    """It is tried too."""
    async with running_mail_sink(tmp_path, login=("linktime", "right")) as sink:
        login = {"smtp_user": "linktime", "smtp_password": password}
        found = await asked(settings, **smtp_of(sink, **login))
    assert (found["configured"], found["reachable"], found["error"]) == (True, not error, error)


async def test_sender(
    settings: dict[str, Any], mail_sink: FaultyMailSink, database: Database
) -> None:
    """A server that refuses the sender's address sends no mail at all."""
    mail_sink.faults.senders["ada@example.com"] = "550 5.7.1 Sender refused"
    found = await asked(settings, **smtp_of(mail_sink, mail_from="Ada <ada@example.com>"))
    error = "the mail server refused the sender's address (550)"
    assert (found["reachable"], found["error"]) == (False, error)
    found = await asked(settings, **smtp_of(mail_sink, mail_from="Eve <eve@example.com>"))
    assert (found["reachable"], found["error"]) == (True, None)


async def test_mails_that_another_process_could_not_send(
    settings: dict[str, Any], deps: Deps, mail_sink: FaultyMailSink, database: Database
) -> None:
    """The reason is stored with them. A refusal of one recipient is none."""
    replies = {INVITEE: "554 5.7.1 Relay access denied", "full@example.com": "452 4.2.2 Full"}
    mail_sink.faults.recipients.update(replies)
    await add(database, an_email(to="full@example.com"))
    delivery = delivery_to(deps, server_of(mail_sink))
    await delivery.send_due()
    assert (await asked(settings, **smtp_of(mail_sink)))["waitsBecause"] is None
    await add(database, an_email())
    await delivery.send_due()
    found = await asked(settings, **smtp_of(mail_sink))
    reason = "the mail server does not forward mail of this sender (554)"
    assert (found["reachable"], found["waitsBecause"]) == (True, reason)


async def test_server_that_is_down(settings: dict[str, Any], mail_sink: FaultyMailSink) -> None:
    """The answer is a 200 with the reason."""
    mail_sink.refuse()
    found = await asked(settings, **smtp_of(mail_sink))
    assert (found["reachable"], found["error"]) == (False, "the mail server cannot be reached")
