"""The mail sink for tests: each fault as a client sees it."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from linktime_local.testing.mail_sinks import (
    AfterData,
    FaultyMailSink,
    Security,
    running_mail_sink,
)

CONTENT = b"Subject: Hi\r\n\r\n.dot\r\n"
LOGIN = ("linktime", "secret")
SHORT_SECONDS = 0.5


async def with_client(
    sink: FaultyMailSink,
    work: Callable[[smtplib.SMTP], object],
    *,
    seconds: float = 30,
    context: ssl.SSLContext | None = None,
) -> object:
    """Connect, and return the result of `work`; with a context by TLS."""

    def blocking() -> object:
        where = (sink.host, sink.port)
        client = (
            smtplib.SMTP_SSL(*where, timeout=seconds, context=context)
            if context
            else smtplib.SMTP(*where, timeout=seconds)
        )
        try:
            return work(client)
        finally:
            client.close()

    return await asyncio.to_thread(blocking)


def send(client: smtplib.SMTP) -> object:
    return client.sendmail("host@example.com", ["zoe@example.com", "max@example.com"], CONTENT)


async def test_messages_are_kept_as_received(mail_sink: FaultyMailSink) -> None:
    """With their envelope, oldest first."""
    await with_client(mail_sink, send)
    await with_client(mail_sink, lambda client: client.sendmail("", ["x@example.com"], b"\r\n"))
    first, second = mail_sink.mails
    assert (first.sender, first.content) == ("host@example.com", CONTENT)
    assert first.recipients == ["zoe@example.com", "max@example.com"]
    assert first.parsed["Subject"] == "Hi"
    assert (second.sender, second.recipients) == ("", ["x@example.com"])


async def test_a_recipient_can_be_refused(mail_sink: FaultyMailSink) -> None:
    """With any code; the others get the message."""
    mail_sink.faults.recipients = {
        "zoe@example.com": "550 5.1.1 No such user",
        "slow@example.com": "451 4.3.0 Try again later",
    }
    refused = await with_client(mail_sink, send)
    assert refused == {"zoe@example.com": (550, b"5.1.1 No such user")}
    assert mail_sink.mails[0].recipients == ["max@example.com"]
    with pytest.raises(smtplib.SMTPRecipientsRefused) as all_refused:
        await with_client(
            mail_sink, lambda client: client.sendmail("", ["slow@example.com"], CONTENT)
        )
    assert all_refused.value.recipients["slow@example.com"][0] == 451
    assert len(mail_sink.mails) == 1


@pytest.mark.parametrize(("after", "kept"), [(AfterData.DROP, 0), (AfterData.KEEP_AND_DROP, 1)])
async def test_the_connection_drops_after_the_message(
    mail_sink: FaultyMailSink, after: AfterData, kept: int
) -> None:
    """The sender gets no answer, whether the message is kept or not."""
    mail_sink.faults.after_data = after
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        await with_client(mail_sink, send)
    assert len(mail_sink.mails) == kept
    mail_sink.faults.after_data = AfterData.ANSWER
    await with_client(mail_sink, send)
    assert len(mail_sink.mails) == kept + 1


async def test_a_silent_sink_answers_nothing(mail_sink: FaultyMailSink) -> None:
    """Not even the greeting."""
    mail_sink.faults.silent = True
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        await with_client(mail_sink, send, seconds=SHORT_SECONDS)
    mail_sink.faults.silent = False
    await with_client(mail_sink, send)


async def test_a_slow_sink_answers_late(mail_sink: FaultyMailSink) -> None:
    """A client that does not wait gets a timeout, one that waits gets the answers."""
    mail_sink.faults.delay_seconds = 60
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        await with_client(mail_sink, send, seconds=SHORT_SECONDS)
    mail_sink.faults.delay_seconds = 0.01
    await with_client(mail_sink, send)


async def test_refused_connections_are_accepted_again(mail_sink: FaultyMailSink) -> None:
    """At the same port; open connections are closed."""
    reader, writer = await asyncio.open_connection(mail_sink.host, mail_sink.port)
    assert await reader.readline()
    mail_sink.refuse()
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await with_client(mail_sink, send)
    await mail_sink.accept()
    await with_client(mail_sink, send)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_encryption_and_login_are_required(security: Security, tmp_path: Path) -> None:
    """A client needs the certificate authority, and the right user and password."""
    async with running_mail_sink(tmp_path, security, LOGIN) as sink:
        trusting = ssl.create_default_context(cafile=str(sink.certificate_authority))

        def encrypted(client: smtplib.SMTP) -> None:
            if security is Security.STARTTLS:
                assert client.ehlo()[0] == 250
                assert client.mail("host@example.com")[0] == 530
                client.starttls(context=trusting)

        def right(client: smtplib.SMTP) -> object:
            encrypted(client)
            client.login(*LOGIN)
            return send(client)

        def anonymous(client: smtplib.SMTP) -> object:
            encrypted(client)
            return send(client)

        def wrong(client: smtplib.SMTP) -> object:
            encrypted(client)
            return client.login("linktime", "wrong")

        context = trusting if security is Security.TLS else None
        assert await with_client(sink, right, context=context) == {}
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            await with_client(sink, anonymous, context=context)
        assert refused.value.smtp_code == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await with_client(sink, wrong, context=context)
        assert len(sink.mails) == 1


async def test_an_unknown_certificate_is_noticed(tmp_path: Path) -> None:
    """By a client with the authorities of the system."""
    async with running_mail_sink(tmp_path, Security.TLS) as sink:
        with pytest.raises(ssl.SSLCertVerificationError):
            await with_client(sink, send, context=ssl.create_default_context())
