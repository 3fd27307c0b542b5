"""A mail server in the test process that can fail in the ways that mail servers do."""

import asyncio
import contextlib
import socket
import ssl
import warnings
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from enum import Enum
from pathlib import Path
from typing import Any, AnyStr, cast

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from linktime_local.servers.mail_sink.receiving import Receiver, options
from linktime_local.servers.mail_sink.store import MailStore
from linktime_local.servers.ports import LOOPBACK


class Security(Enum):
    """How a connection is encrypted; with STARTTLS and TLS the sink requires it."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class AfterData(Enum):
    """What follows a message."""

    ANSWER = "keep it and answer"
    KEEP_AND_DROP = "keep it and drop the connection: the sender does not know"
    DROP = "lose it and drop the connection"


@dataclass
class Faults:
    """The current faults; change them at any time."""

    # Replies to RCPT TO by address, such as "550 5.1.1 No such user".
    recipients: dict[str, str] = field(default_factory=dict)
    # Replies to MAIL FROM, likewise.
    senders: dict[str, str] = field(default_factory=dict)
    after_data: AfterData = AfterData.ANSWER
    # Connections are accepted, but nothing is answered, not even a greeting.
    silent: bool = False
    # Before each reply.
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class ReceivedMail:
    """A message, octet for octet, with the envelope that it came in."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def parsed(self) -> EmailMessage:
        """Return the message with its headers and parts."""
        return BytesParser(policy=policy.default).parsebytes(self.content)


class FaultyMailSink:
    """A mail sink on loopback; `login` is the user and password that it requires.

    `certificate_authority` is a file: its certificate signs that of the sink, for 127.0.0.1 and
    localhost.
    """

    host = LOOPBACK

    def __init__(
        self, folder: Path, security: Security = Security.NONE, login: tuple[str, str] | None = None
    ) -> None:
        self.faults = Faults()
        self.security = security
        self.certificate_authority = folder / "authority.pem"
        self._login = login
        self._store = MailStore(folder / "messages")
        self._connections: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._server: asyncio.Server | None = None
        self._context = None if security is Security.NONE else self._certified()
        # Bound without listening, so that no other program takes the port while it is refused.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]

    @property
    def mails(self) -> list[ReceivedMail]:
        """Return the received messages, oldest first."""
        return [
            ReceivedMail(mail.sender, mail.recipients, self._store.content(mail))
            for mail in reversed(self._store.newest_first())
        ]

    async def accept(self) -> None:
        """Listen for connections; does nothing when it does."""
        if self._server is None:
            self._server = await asyncio.get_running_loop().create_server(
                self._connection,
                sock=_bound(self.port),
                ssl=self._context if self.security is Security.TLS else None,
            )

    def refuse(self) -> None:
        """Refuse connections and close those that exist, like a server that is down."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            abort(connection)

    def close(self) -> None:
        """Stop for ever."""
        self.refuse()
        self._holder.close()

    def _connection(self) -> SMTP:
        more: dict[str, Any] = {}
        if self.security is Security.STARTTLS:
            more |= {"tls_context": self._context, "require_starttls": True}
        if self._login is not None:
            more |= {"auth_required": True, "authenticator": self._authenticated}
            # The library knows only of TLS that begins with STARTTLS.
            more["auth_require_tls"] = self.security is Security.STARTTLS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of passwords without TLS
            made = _FaultySMTP(self.faults, _FaultyReceiver(self._store, self.faults), more)
        self._connections.add(made)
        return made

    def _authenticated(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        if isinstance(given, LoginPassword):
            login = (given.login.decode(), given.password.decode())
            return AuthResult(success=login == self._login, handled=False)
        return AuthResult(success=False, handled=False)

    def _certified(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.certificate_authority)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(self.host, "localhost").configure_cert(context)
        return context


class _FaultySMTP(SMTP):
    def __init__(self, faults: Faults, receiver: "_FaultyReceiver", more: dict[str, Any]) -> None:
        super().__init__(receiver, **options(), **more)
        self._faults = faults

    async def push(self, status: AnyStr) -> None:
        if self._faults.silent:
            await asyncio.Event().wait()  # until the client ends the connection
        await asyncio.sleep(self._faults.delay_seconds)
        await super().push(status)


class _FaultyReceiver(Receiver):
    def __init__(self, store: MailStore, faults: Faults) -> None:
        super().__init__(store)
        self._faults = faults

    async def handle_MAIL(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        refused = self._faults.senders.get(address)
        if refused is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refused or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        refused = self._faults.recipients.get(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        wanted = self._faults.after_data
        answer = "" if wanted is AfterData.DROP else await self._keep(server, session, envelope)
        if wanted is not AfterData.ANSWER:
            abort(server)
            await asyncio.Event().wait()  # the library ends this task with the connection
        return answer

    async def _keep(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return await super().handle_DATA(server, session, envelope)


def abort(connection: SMTP) -> None:
    """Close a connection without an answer, if it is still open."""
    if connection.transport is not None:
        cast("asyncio.Transport", connection.transport).abort()


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((LOOPBACK, port))
    return bound


@contextlib.asynccontextmanager
async def running_mail_sink(
    folder: Path, security: Security = Security.NONE, login: tuple[str, str] | None = None
) -> AsyncIterator[FaultyMailSink]:
    """Yield a mail sink that accepts connections."""
    sink = FaultyMailSink(folder, security, login)
    try:
        await sink.accept()
        yield sink
    finally:
        sink.close()


@pytest.fixture
async def mail_sink(tmp_path: Path) -> AsyncIterator[FaultyMailSink]:
    """A mail sink without encryption and login; `running_mail_sink` starts one with them."""
    async with running_mail_sink(tmp_path / "mail-sink") as sink:
        yield sink
