"""The connection to the mail server, with a real server that fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from linktime_bookings.domain.mail_retry import MailAnswer
from linktime_bookings.domain.mail_server import MailSecurity, MailServer
from linktime_bookings.mail import smtp
from linktime_bookings.mail.smtp import Envelope, SmtpClient
from linktime_local.testing import mail_sinks
from linktime_local.testing.mail_sinks import AfterData, FaultyMailSink, abort, running_mail_sink

LOGIN = ("linktime", "s3cret-Pässword")


def server_of(
    sink: FaultyMailSink, *, login: tuple[str, str] | None = None, **other: object
) -> MailServer:
    values: dict[str, object] = {
        "host": sink.host,
        "port": sink.port,
        "security": MailSecurity(sink.security.value),
        "user": login[0] if login else None,
        "password": SecretStr(login[1]) if login else None,
        "own_name": "meet.example",
    }
    return MailServer(**values | other)  # type: ignore[arg-type]


def envelope(
    to: str = "sarah@example.com", content: bytes = b"Subject: x\r\n\r\nHi\r\n"
) -> Envelope:
    return Envelope(sender="no-reply@meet.example", recipient=to, content=content)


@pytest.fixture
async def client(mail_sink: FaultyMailSink) -> AsyncIterator[SmtpClient]:
    client = SmtpClient(server_of(mail_sink))
    yield client
    await client.close()


@asynccontextmanager
async def connected(server: MailServer) -> AsyncIterator[SmtpClient]:
    client = SmtpClient(server)
    yield client
    await client.close()


async def test_one_connection_for_many_mails(client: SmtpClient, mail_sink: FaultyMailSink) -> None:
    """It is kept, and tested after a pause."""
    contents = [f"Subject: {number}\r\n\r\n.\r\n..\r\n".encode() for number in range(5)]
    for content in contents:
        assert (await client.send(envelope(content=content))).answer is MailAnswer.ACCEPTED
    assert [mail.content for mail in mail_sink.mails] == contents
    assert len(mail_sink._connections) == 1


async def test_connection_that_the_server_closed_is_replaced(
    client: SmtpClient, mail_sink: FaultyMailSink
) -> None:
    """At once, without a failed attempt."""
    for _ in range(3):
        assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED
        for connection in list(mail_sink._connections):
            abort(connection)
    assert len(mail_sink.mails) == 3


async def test_unused_connection_is_tested_and_closed(
    client: SmtpClient, mail_sink: FaultyMailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RSET before the next message; closed when it was idle."""
    monkeypatch.setattr(smtp, "RESET_AFTER_SECONDS", -1.0)
    await client.send(envelope())
    await client.send(envelope())
    await client.close_idle()
    assert client._smtp is not None
    monkeypatch.setattr(smtp, "IDLE_SECONDS", -1.0)
    await client.close_idle()
    assert client._smtp is None
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED
    assert len(mail_sink.mails) == 3


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("550 5.1.1 No such user", MailAnswer.REFUSED),
        ("451 4.3.0 Try again", MailAnswer.LATER),
        ("421 4.3.2 Shutting down", MailAnswer.UNREACHABLE),
        ("554 5.7.1 Relay access denied", MailAnswer.NOT_ALLOWED),
    ],
)
async def test_refused_recipient(
    client: SmtpClient, mail_sink: FaultyMailSink, reply: str, answer: MailAnswer
) -> None:
    """The next mail, to somebody else, is sent."""
    mail_sink.faults.recipients["bob@example.com"] = reply
    outcome = await client.send(envelope("bob@example.com"))
    assert (outcome.answer, outcome.code) == (answer, int(reply[:3]))
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED
    assert [mail.recipients for mail in mail_sink.mails] == [["sarah@example.com"]]


@pytest.mark.parametrize("after", [AfterData.DROP, AfterData.KEEP_AND_DROP])
async def test_connection_lost_after_the_message(
    client: SmtpClient, mail_sink: FaultyMailSink, after: AfterData
) -> None:
    """It is not known whether the server accepted it."""
    mail_sink.faults.after_data = after
    assert (await client.send(envelope())).answer is MailAnswer.LOST
    mail_sink.faults.after_data = AfterData.ANSWER
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED


@pytest.mark.parametrize("limit", ["CONNECT_SECONDS", "SEND_SECONDS"])
async def test_silent_server(
    client: SmtpClient, mail_sink: FaultyMailSink, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Every wait has a limit."""
    monkeypatch.setattr(smtp, limit, 0.2)
    mail_sink.faults.silent = True
    outcome = await client.send(envelope())
    assert (outcome.answer, outcome.reason) == (
        MailAnswer.UNREACHABLE,
        "the mail server did not answer in time",
    )


async def test_server_that_falls_silent_before_the_recipient(
    client: SmtpClient, mail_sink: FaultyMailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of a command; nothing was sent yet."""
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 0.2)
    monkeypatch.setattr(smtp, "CONNECT_SECONDS", 0.2)
    mail_sink.faults.silent = True
    assert (await client.send(envelope())).answer is MailAnswer.UNREACHABLE


async def test_server_that_is_down(client: SmtpClient, mail_sink: FaultyMailSink) -> None:
    """Then up again."""
    mail_sink.refuse()
    outcome = await client.send(envelope())
    assert (outcome.answer, outcome.reason) == (
        MailAnswer.UNREACHABLE,
        "the mail server cannot be reached",
    )
    await mail_sink.accept()
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED


@pytest.mark.parametrize("address", ['"a b"@example.com', '"a@b"@example.com', "x@[127.0.0.1]"])
async def test_unusual_addresses(
    client: SmtpClient, mail_sink: FaultyMailSink, address: str
) -> None:
    """They arrive as they are."""
    assert (await client.send(envelope(address))).answer is MailAnswer.ACCEPTED
    assert mail_sink.mails[0].recipients == [address]


@pytest.mark.parametrize("address", ["a b@example.com", "a@example.com>\r\nRSET", "", "@", "a@"])
async def test_address_that_is_none(
    client: SmtpClient, mail_sink: FaultyMailSink, address: str
) -> None:
    """Refused without asking the server."""
    assert (await client.send(envelope(address))).answer is MailAnswer.REFUSED
    assert mail_sink.mails == []


async def test_international_addresses(client: SmtpClient, mail_sink: FaultyMailSink) -> None:
    """A domain is sent in ASCII; a mailbox needs SMTPUTF8."""
    assert (await client.send(envelope("zoe@bücher.example"))).answer is MailAnswer.ACCEPTED
    assert mail_sink.mails[0].recipients == ["zoe@xn--bcher-kva.example"]
    content = "To: zoë@example.com\r\n\r\nHi\r\n".encode()
    assert (await client.send(envelope("zoë@example.com", content))).answer is MailAnswer.ACCEPTED
    assert mail_sink.mails[1].recipients == ["zoë@example.com"]
    assert mail_sink.mails[1].content == content
    content = "Reply-To: zoë@example.com\r\n\r\nHi\r\n".encode()
    assert (await client.send(envelope(content=content))).answer is MailAnswer.ACCEPTED
    assert mail_sink.mails[2].content == content


async def test_domain_of_the_sender_is_sent_in_ascii(
    client: SmtpClient, mail_sink: FaultyMailSink
) -> None:
    """As that of the recipient."""
    from_idn = replace(envelope(), sender="no-reply@bücher.example")
    assert (await client.send(from_idn)).answer is MailAnswer.ACCEPTED
    assert mail_sink.mails[0].sender == "no-reply@xn--bcher-kva.example"


async def test_server_without_smtputf8(
    client: SmtpClient, mail_sink: FaultyMailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason says what is missing."""
    monkeypatch.setattr(mail_sinks, "options", lambda: {"enable_SMTPUTF8": False})
    outcome = await client.send(envelope("zoë@example.com"))
    assert outcome.answer is MailAnswer.REFUSED
    assert "SMTPUTF8" in str(outcome.reason)
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED


Trusted = Callable[[FaultyMailSink], None]


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Trusted:
    """Makes the sink's authority one of the system's."""

    def trust(sink: FaultyMailSink) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(sink.certificate_authority))

    return trust


def secured(
    folder: Path, security: mail_sinks.Security
) -> AbstractAsyncContextManager[FaultyMailSink]:
    return running_mail_sink(folder, security, LOGIN)


ENCRYPTED = (mail_sinks.Security.STARTTLS, mail_sinks.Security.TLS)


@pytest.mark.parametrize("security", mail_sinks.Security)
async def test_encryption_and_login(
    tmp_path: Path, trusted: Trusted, security: mail_sinks.Security
) -> None:
    """With the right password."""
    async with secured(tmp_path, security) as sink:
        if security in ENCRYPTED:
            trusted(sink)
        async with connected(server_of(sink, login=LOGIN)) as client:
            assert (await client.check(envelope().sender)).answer is MailAnswer.ACCEPTED
            for _ in range(2):
                assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED
        assert len(sink.mails) == 2


@pytest.mark.parametrize("security", mail_sinks.Security)
async def test_wrong_password(
    tmp_path: Path, trusted: Trusted, security: mail_sinks.Security
) -> None:
    """It is the operator's problem, and in no text."""
    async with secured(tmp_path, security) as sink:
        if security in ENCRYPTED:
            trusted(sink)
        async with connected(server_of(sink, login=("linktime", "hunter2"))) as client:
            for outcome in (await client.check(envelope().sender), await client.send(envelope())):
                assert outcome.answer is MailAnswer.NOT_ALLOWED
                assert outcome.reason == "the mail server refused the login (535)"
        assert sink.mails == []


@pytest.mark.parametrize("security", ENCRYPTED)
async def test_unknown_authority(tmp_path: Path, security: mail_sinks.Security) -> None:
    """Nothing is sent, no login either."""
    async with (
        secured(tmp_path, security) as sink,
        connected(server_of(sink, login=LOGIN)) as client,
    ):
        outcome = await client.send(envelope())
    assert outcome.answer is MailAnswer.NOT_ALLOWED
    assert outcome.reason == "the certificate of the mail server cannot be verified"


async def test_server_without_the_wanted_encryption(
    mail_sink: FaultyMailSink, tmp_path: Path
) -> None:
    """A message or password is never sent unencrypted instead."""
    for security in (MailSecurity.STARTTLS, MailSecurity.TLS):
        server = server_of(mail_sink, login=LOGIN, security=security)
        async with connected(server) as client:
            assert (await client.send(envelope())).answer is MailAnswer.NOT_ALLOWED
    async with connected(server_of(mail_sink, login=LOGIN)) as client:
        outcome = await client.send(envelope())
    assert outcome.reason == "the mail server does not offer a login that is supported"
    assert mail_sink.mails == []


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.NONE])
@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n"])
async def test_server_that_is_no_mail_server(security: MailSecurity, greeting: bytes) -> None:
    """Such as a web server at a wrong port."""

    def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        host, port = other.sockets[0].getsockname()
        server = MailServer(
            host=host, port=port, security=security, user=None, password=None, own_name="x.example"
        )
        async with connected(server) as client:
            for outcome in (await client.check(envelope().sender), await client.send(envelope())):
                assert outcome.answer is MailAnswer.UNREACHABLE
                assert outcome.reason == "the server does not answer as a mail server"


async def test_cancelled_send_leaves_no_half_transaction(
    client: SmtpClient, mail_sink: FaultyMailSink
) -> None:
    """The connection is dropped."""
    await client.send(envelope())
    mail_sink.faults.delay_seconds = 60
    sending = asyncio.ensure_future(client.send(envelope()))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.wait([sending])
    mail_sink.faults.delay_seconds = 0
    assert (await client.send(envelope())).answer is MailAnswer.ACCEPTED
