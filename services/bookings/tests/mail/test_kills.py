"""Worker processes that are killed while they send."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from services.bookings.tests.mail.queued import add, an_email, ids_of, pass_time, waiting
from services.bookings.tests.rows import rows

from linktime_common.postgres import Database
from linktime_local.servers.ports import free_port
from linktime_local.testing.mail_sinks import FaultyMailSink
from linktime_local.testing.waiting import eventually

SECRETS = ("linktime-mailer", "hunter2-of-the-mail-server")


@contextlib.asynccontextmanager
async def worker(
    settings: dict[str, Any], sink: FaultyMailSink, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python -m linktime_bookings work` during the block."""
    given = {
        **settings,
        "port": free_port(),
        "internal_port": free_port(),
        "smtp_host": sink.host,
        "smtp_port": sink.port,
        "smtp_security": "none",
    }
    environment = {
        f"BOOKINGS_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "linktime_bookings",
        "work",
        env={**os.environ, **environment, **more},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


@pytest.mark.parametrize(
    ("point", "before", "received"),
    [("mail.leased", "QUEUED", 1), ("mail.sending", "SENDING", 1), ("mail.sent", "SENDING", 2)],
)
async def test_no_mail_is_lost(
    settings: dict[str, Any],
    database: Database,
    mail_sink: FaultyMailSink,
    tmp_path: Path,
    point: str,
    before: str,
    received: int,
) -> None:
    """Only a mail that was accepted and not settled is repeated, octet for octet."""
    armed = tmp_path / "fault"
    armed.write_text(f"{point} SIGKILL")
    await add(database, an_email(), an_email(to="bob@example.com"))
    async with worker(settings, mail_sink, LINKTIME_FAULT_FILE=str(armed)) as process:
        await asyncio.wait_for(process.wait(), 60)
    found = await rows(database, "SELECT status FROM email_messages ORDER BY status")
    assert found == [(before,)] * 2
    leased = "SELECT count(*) FROM email_messages WHERE leased_until > now()"
    assert await rows(database, leased) == [(2,)]
    await pass_time(database)
    async with worker(settings, mail_sink):
        await eventually(lambda: _none_waits(database), within=60)
    ids = ids_of(mail_sink)
    assert len(ids) == received + 1
    assert len(set(ids)) == 2
    assert len({mail.content for mail in mail_sink.mails}) == 2


async def _none_waits(database: Database) -> bool:
    return await waiting(database) == 0


async def test_log_has_no_secret(
    settings: dict[str, Any], database: Database, mail_sink: FaultyMailSink
) -> None:
    """Neither the login of the mail server, which it does not offer here, nor an address."""
    user, password = SECRETS
    login = {"smtp_user": user, "smtp_password": password, "log_level": "DEBUG"}
    await add(database, an_email())
    async with worker({**settings, **login}, mail_sink) as process:
        tried = "SELECT 1 FROM email_messages WHERE status = 'DEFERRED'"
        await eventually(lambda: rows(database, tried), within=60)
        process.terminate()
        output, _ = await process.communicate()
    log = output.decode()
    assert "the mail server does not offer a login that is supported" in log
    for secret in (*SECRETS, "sarah@example.com", "manage/token"):
        assert secret not in log
