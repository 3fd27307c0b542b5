"""Mails to users of accounts: from the event to the mail with its link."""

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from aiohttp import web
from services.bookings.tests.fakes import serving
from services.bookings.tests.mail.queued import (
    LIMITS,
    add,
    an_account,
    delivery_to,
    notice,
    recipients_of,
    send_again,
    server_of,
    tried_often,
)
from services.bookings.tests.rows import rows

from linktime_bookings.clients.accounts import AccountLinks
from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Kind
from linktime_common.contracts.events.gateway import AccountMailKind, AccountMailRequested
from linktime_common.contracts.internal_api.gateway import MadeAccountLink, NewAccountLink
from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers, WantedUsers
from linktime_common.http import bodies
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.errors import error_reply
from linktime_common.http.routes import post
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import FaultyMailSink
from linktime_local.testing.services import signer_of

ADDRESS = "new@host.example"
OUTCOMES = "SELECT status, error FROM email_messages"


@dataclass
class Accounts:
    """The internal ports of scim and the gateway; `refusals` are its next statuses."""

    users: dict[UUID, DirectoryUser] = field(default_factory=dict)
    wanted: list[NewAccountLink] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)

    async def look_up(self, request: web.Request) -> web.Response:
        wanted = await bodies.read(request, WantedUsers)
        found = [self.users[user_id] for user_id in wanted.ids if user_id in self.users]
        return bodies.reply(DirectoryUsers(data=found, next_after=None))

    async def make(self, request: web.Request) -> web.Response:
        self.wanted.append(await bodies.read(request, NewAccountLink))
        if self.refusals:
            return error_reply(self.refusals.pop(0), "Refused")
        url = f"https://meet.example/account/password/secret-{len(self.wanted)}"
        return bodies.reply(MadeAccountLink(url=url), 201)

    @contextlib.asynccontextmanager
    async def serving(self, deps: Deps) -> AsyncIterator[Deps]:
        """Serve both, and yield dependencies that call them."""
        bookings = {"issuers": ("bookings",)}
        scim = [post("/internal/users/lookup", self.look_up, CallerKind.SERVICE, **bookings)]
        gateway = [post("/internal/account-links", self.make, CallerKind.SERVICE, **bookings)]
        async with (
            serving("scim", scim) as scim_url,
            serving("gateway", gateway) as gateway_url,
            open_session() as session,
        ):

            def client(name: str, url: str) -> InternalClient:
                signer = signer_of("bookings", name)
                return InternalClient(session, base_url=url, audience=name, signer=signer)

            yield replace(
                deps,
                directory=RecipientDirectory(client("scim", scim_url)),
                accounts=AccountLinks(client("gateway", gateway_url)),
            )


@pytest.fixture
def user_id() -> UUID:
    return new_id()


@pytest.fixture
def accounts(user_id: UUID) -> Accounts:
    return Accounts(users={user_id: an_account(user_id)})


async def request(database: Database, user_id: UUID, kind: AccountMailKind) -> None:
    """Process the event, twice."""
    event = AccountMailRequested(
        occurred_at=datetime.now(UTC),
        owner_id=user_id,
        aggregate_id=user_id,
        aggregate_version=1,
        user_id=user_id,
        kind=kind,
    )
    for _ in range(2):
        async with database.transaction() as connection:
            await HANDLERS[AccountMailRequested](connection, event)


@pytest.mark.parametrize("kind", AccountMailKind)
async def test_event_is_one_mail_to_the_address_of_the_account(
    deps: Deps,
    database: Database,
    mail_sink: FaultyMailSink,
    accounts: Accounts,
    user_id: UUID,
    kind: AccountMailKind,
) -> None:
    """The link is made for the address that scim has when the mail is sent."""
    await request(database, user_id, kind)
    async with accounts.serving(deps) as served:
        await delivery_to(served, server_of(mail_sink)).send_due()
    assert recipients_of(mail_sink) == [ADDRESS]
    assert accounts.wanted == [NewAccountLink(user_id=user_id, kind=kind, email=ADDRESS)]
    (mail,) = mail_sink.mails
    assert mail.parsed["X-LinkTime-Kind"] == kind
    assert await rows(database, OUTCOMES) == [("SENT", None)]


@pytest.mark.parametrize(
    ("locale", "language"), [(None, "en"), ("de-AT", "de"), ("ar", "ar"), ("pt-BR", "en")]
)
async def test_language_is_that_of_the_account(
    deps: Deps,
    database: Database,
    mail_sink: FaultyMailSink,
    accounts: Accounts,
    user_id: UUID,
    locale: str | None,
    language: str,
) -> None:
    """Also of a notice; English for a language without texts."""
    accounts.users[user_id] = an_account(user_id, locale=locale)
    await request(database, user_id, AccountMailKind.RESET_PASSWORD)
    await add(database, notice(owner_id=user_id))
    async with accounts.serving(deps) as served:
        await delivery_to(served, server_of(mail_sink)).send_due()
    assert len(mail_sink.mails) == 2
    for mail in mail_sink.mails:
        html = mail.parsed.get_body(("html",))
        assert html is not None
        assert f'<html lang="{language}"' in html.get_content()


async def test_link_of_an_account_is_nowhere_but_in_the_mail(
    deps: Deps,
    database: Database,
    mail_sink: FaultyMailSink,
    accounts: Accounts,
    user_id: UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in the row nor in the log, also after failed attempts; each has a new link."""
    caplog.set_level(logging.DEBUG)
    mail_sink.faults.recipients[ADDRESS] = "451 4.3.0 Try again"
    accounts.refusals.append(503)
    await add(database, notice(Kind.RESET_PASSWORD, owner_id=user_id, facts={}))
    async with accounts.serving(deps) as served:
        delivery = delivery_to(served, server_of(mail_sink))
        for _ in range(2):
            await send_again(database, delivery)
        mail_sink.faults.recipients.clear()
        await send_again(database, delivery)
    assert len(accounts.wanted) == 3
    (mail,) = mail_sink.mails
    assert "secret-3" in mail.parsed.as_string()
    assert "secret" not in str(await rows(database, "SELECT email_messages FROM email_messages"))
    assert "secret" not in caplog.text
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (404, ("SUPPRESSED", "the account has no use for the link any more")),
        (409, ("DEFERRED", "the mail could not be prepared")),
        (503, ("DEFERRED", "the mail could not be prepared")),
    ],
)
async def test_without_a_link(
    deps: Deps,
    database: Database,
    mail_sink: FaultyMailSink,
    accounts: Accounts,
    user_id: UUID,
    refusal: int,
    outcome: tuple[str, str],
) -> None:
    """Not sent if the link is of no use; within minutes if the gateway is away or behind."""
    accounts.refusals.append(refusal)
    await request(database, user_id, AccountMailKind.VERIFY_ADDRESS)
    await tried_often(database)
    async with accounts.serving(deps) as served:
        await delivery_to(served, server_of(mail_sink)).send_due()
    assert mail_sink.mails == []
    assert await rows(database, OUTCOMES) == [outcome]
    soon = "SELECT due_at < now() + interval '6 min' FROM email_messages"
    assert await rows(database, soon) == [(True,)]


async def test_limits_of_users_are_separate(
    deps: Deps, database: Database, mail_sink: FaultyMailSink, accounts: Accounts
) -> None:
    """The address is not known when mails are counted, so the user is."""
    for _ in range(3):
        user_id = new_id()
        accounts.users[user_id] = an_account(user_id)
        await request(database, user_id, AccountMailKind.SET_PASSWORD)
    async with accounts.serving(replace(deps, email_limits=replace(LIMITS, to_user=1))) as served:
        await delivery_to(served, server_of(mail_sink)).send_due()
    assert await rows(database, OUTCOMES) == [("SENT", None)] * 3
