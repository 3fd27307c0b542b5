"""TLS: verified against authorities, for the name in the URL, timed."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from services.webhooks.tests.clients.conftest import post
from services.webhooks.tests.clients.nameserver import NameServer
from services.webhooks.tests.clients.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
)
from services.webhooks.tests.conftest import LOOPBACK

from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.resolver import Resolver
from linktime_webhooks.clients.subscriber import Subscribers

YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def trusting(
    names: NameServer, authority: trustme.CA, tmp_path: Path
) -> AsyncIterator[Subscribers]:
    """Believes the authority of this test besides the system's."""
    names.zone["hooks.test"] = ["127.0.0.1"]
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    async with (
        Resolver(LOOPBACK, server=names.address) as resolver,
        Subscribers(resolver, ca_file=file) as subscribers,
    ):
        yield subscribers


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A server that shows `certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def test_a_delivery_over_tls(trusting: Subscribers, authority: trustme.CA) -> None:
    """The handshake has its time; the connection is kept."""
    tls = serving(authority.issue_cert("hooks.test"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        url = f"https://hooks.test:{receiver.port}/hook"
        first, second = await post(trusting, url), await post(trusting, url)
        assert receiver.accepted == 1
    assert (first.reason, second.reason) == ("ok", "ok")
    assert first.tls_ms is not None
    assert second.tls_ms is None
    assert f"\r\nHost: hooks.test:{receiver.port}\r\n".encode() in receiver.requests[0]


async def test_an_address_can_have_a_certificate(
    trusting: Subscribers, authority: trustme.CA
) -> None:
    """Then it is what the certificate must name."""
    tls = serving(authority.issue_cert("127.0.0.1"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        assert (await post(trusting, f"https://127.0.0.1:{receiver.port}/")).delivered


@pytest.mark.parametrize("name", ["other.test", "127.0.0.1", "hooks.test.evil.test"])
async def test_a_certificate_of_another_name_is_refused(
    trusting: Subscribers, authority: trustme.CA, name: str
) -> None:
    """Nothing is sent to whoever shows it."""
    tls = serving(authority.issue_cert(name))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls", [])
    assert outcome.charged


async def test_a_stale_certificate_is_refused(trusting: Subscribers, authority: trustme.CA) -> None:
    """It ended yesterday."""
    tls = serving(authority.issue_cert("hooks.test", not_after=YESTERDAY))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls", [])


async def test_an_authority_nobody_named_is_refused(
    subscribers: Subscribers, names: NameServer, authority: trustme.CA
) -> None:
    """A certificate that its owner signed, or that an unknown authority did."""
    names.zone["hooks.test"] = ["127.0.0.1"]
    tls = serving(authority.issue_cert("hooks.test"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(subscribers, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls", [])


async def test_a_server_that_speaks_no_tls(trusting: Subscribers) -> None:
    """It has the reason of a failed handshake."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()

        return handle

    async with listening(talk) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert outcome.reason == "tls"


async def test_a_handshake_that_never_ends(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the time of connecting, shortened here, and is seen in the log."""
    monkeypatch.setattr(subscriber, "CONNECT_SECONDS", 0.5)
    names.zone["hooks.test"] = ["127.0.0.1"]

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        return handle

    async with (
        Resolver(LOOPBACK, server=names.address) as resolver,
        Subscribers(resolver) as hasty,
        listening(talk) as receiver,
    ):
        outcome = await post(hasty, f"https://hooks.test:{receiver.port}/hook")
    assert outcome.reason == "timeout"
    assert outcome.tls_ms is not None
    assert 450 <= outcome.tls_ms < 5000
