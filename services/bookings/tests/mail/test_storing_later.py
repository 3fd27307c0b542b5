"""The database is away when the outcome of a mail is known."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from services.bookings.tests.mail.queued import (
    add,
    an_email,
    delivery_to,
    pass_time,
    recipients_of,
    server_of,
)
from services.bookings.tests.rows import rows
from services.bookings.tests.surroundings import Surroundings, surroundings_of

from linktime_bookings.deps import Deps
from linktime_bookings.mail import settling
from linktime_common.postgres import Database
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.mail_sinks import FaultyMailSink
from linktime_local.testing.waiting import eventually

# A sequence keeps its value when the statement fails.
REFUSE = """
    CREATE SEQUENCE refused;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        PERFORM nextval('refused');
        RAISE EXCEPTION 'shutting down' USING ERRCODE = 'admin_shutdown';
    END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON email_messages FOR EACH ROW
    WHEN (OLD.status = 'SENDING' AND NEW.status = '{status}') EXECUTE FUNCTION refuse()
"""
STATES = "SELECT status, leased_until FROM email_messages ORDER BY status"


class Refusals:
    """Of statements that give a mail some status, which fail as when the server shuts down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def more(self) -> None:
        """Wait for two statements that begin from now on."""
        ((before,),) = await rows(self._database, "SELECT last_value FROM refused")
        enough = f"SELECT 1 FROM refused WHERE is_called AND last_value > {before} + 1"
        await eventually(lambda: rows(self._database, enough))


@contextlib.asynccontextmanager
async def refusing(database: Database, status: str) -> AsyncIterator[Refusals]:
    async with database.connection() as connection:
        await connection.execute(REFUSE.format(status=status))
    yield Refusals(database)
    async with database.connection() as connection:
        await connection.execute("DROP TRIGGER refuse ON email_messages")


@pytest.fixture
async def prepared(
    template_databases: TemplateDatabases,
) -> AsyncIterator[Surroundings]:
    """Of each test: they change the schema."""
    async with surroundings_of(template_databases) as made:
        yield made


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "AGAIN_SECONDS", 0.02)


async def test_answer_is_kept_until_it_is_stored(
    deps: Deps, database: Database, mail_sink: FaultyMailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after the lease: the process leases nothing meanwhile, and sends each mail once."""
    delivery = delivery_to(deps, server_of(mail_sink))
    await add(database, *(an_email(to=f"{name}@example.com") for name in ("first", "second")))
    async with refusing(database, "SENT") as refusals:
        sending = asyncio.create_task(delivery.send_due())
        await refusals.more()
        await pass_time(database)
        loop = asyncio.get_running_loop()
        began_at = loop.time
        monkeypatch.setattr(loop, "time", lambda: began_at() + 3_600)
        await refusals.more()
        assert len(mail_sink.mails) == 1
    await sending
    assert await rows(database, STATES) == [("SENT", None)] * 2
    assert sorted(recipients_of(mail_sink)) == ["first@example.com", "second@example.com"]


async def test_mails_that_were_not_offered_are_given_back_later(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """They do not wait until their leases end."""
    delivery = delivery_to(deps, server_of(mail_sink))
    await add(database, an_email(), an_email())
    mail_sink.refuse()
    async with refusing(database, "QUEUED") as refusals:
        sending = asyncio.create_task(delivery.send_due())
        await refusals.more()
    await sending
    assert await rows(database, STATES) == [("DEFERRED", None), ("QUEUED", None)]


async def test_process_that_is_stopped_gives_mails_back_once(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """It does not wait for the database."""
    delivery = delivery_to(deps, server_of(mail_sink))
    await add(database, an_email(), an_email())
    mail_sink.faults.delay_seconds = 0.05
    async with refusing(database, "QUEUED"):
        sending = asyncio.create_task(delivery.send_due())
        await eventually(lambda: len(mail_sink._connections) == 1)
        sending.cancel()
        await asyncio.wait([sending])
        assert sending.cancelled()
    statuses = "SELECT status FROM email_messages ORDER BY status"
    assert await rows(database, statuses) == [("SENDING",), ("SENT",)]
