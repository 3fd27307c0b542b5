"""Only the process that has the lease of a mail sends it, gives it back and settles it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from aiohttp import web
from services.bookings.tests.fakes import serving
from services.bookings.tests.mail.queued import (
    LIMITS,
    add,
    an_account,
    delivery_to,
    notice,
    pass_time,
    recipients_of,
    server_of,
)
from services.bookings.tests.rows import rows

from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.deps import Deps
from linktime_bookings.store import emails
from linktime_common.contracts.internal_api.scim import DirectoryUsers, WantedUsers
from linktime_common.http import bodies
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.routes import post
from linktime_common.identity import CallerKind
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import FaultyMailSink
from linktime_local.testing.services import signer_of
from linktime_local.testing.waiting import eventually


@contextlib.asynccontextmanager
async def slow_scim(deps: Deps, goes_on: asyncio.Event) -> AsyncIterator[tuple[Deps, list[UUID]]]:
    """Serve every account; the first is looked up until `goes_on`. Yields who was looked up."""
    asked: list[UUID] = []

    async def look_up(request: web.Request) -> web.Response:
        (user_id,) = (await bodies.read(request, WantedUsers)).ids
        asked.append(user_id)
        if len(asked) == 1:
            await goes_on.wait()
        return bodies.reply(DirectoryUsers(data=[an_account(user_id)], next_after=None))

    routes = [post("/internal/users/lookup", look_up, CallerKind.SERVICE, issuers=("bookings",))]
    async with serving("scim", routes) as url, open_session() as session:
        signer = signer_of("bookings", "scim")
        client = InternalClient(session, base_url=url, audience="scim", signer=signer)
        yield replace(deps, directory=RecipientDirectory(client)), asked


async def test_lease_that_ends_before_the_mail_is_sent(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Another process sends the mail; the first one does not send it again."""
    goes_on = asyncio.Event()
    await add(database, notice())
    async with slow_scim(deps, goes_on) as (with_scim, asked):
        first, second = (delivery_to(with_scim, server_of(mail_sink)) for _ in range(2))
        late = asyncio.create_task(first.send_due())
        await eventually(lambda: len(asked) == 1)
        await pass_time(database)
        await second.send_due()
        goes_on.set()
        await late
    assert await rows(database, "SELECT status, attempts FROM email_messages") == [("SENT", 2)]
    assert recipients_of(mail_sink) == ["new@host.example"]


async def test_stopped_process_does_not_end_the_lease_of_another(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """The mail that the other process is sending is not sent by a third one."""
    await add(database, notice())
    async with slow_scim(deps, asyncio.Event()) as (with_scim, asked):
        first, third = (delivery_to(with_scim, server_of(mail_sink)) for _ in range(2))
        late = asyncio.create_task(first.send_due())
        await eventually(lambda: len(asked) == 1)
        await pass_time(database)
        async with database.connection() as connection:
            ((leased,), _more) = await emails.lease(connection, limit=1, seconds=60, limits=LIMITS)
        late.cancel()
        await asyncio.wait([late])
        await third.send_due()
    kept = await rows(database, "SELECT status, attempts, leased_until FROM email_messages")
    assert kept == [("QUEUED", 2, leased.leased_until)]
    assert mail_sink.mails == []
