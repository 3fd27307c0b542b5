"""TLS: verified against authorities, for the name in the URL, and timed."""

import asyncio
import contextlib
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from libs.common.tests.egress.nameserver import NameServer
from libs.common.tests.egress.receivers import (
    NO_CONTENT,
    Receiver,
    Talk,
    answering,
    listening,
    serving,
)
from services.webhooks.tests.clients.posting import post
from services.webhooks.tests.subscribers import LOOPBACK

from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_webhooks.clients import subscriber
from linktime_webhooks.clients.subscriber import Subscribers

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def trusting(
    names: NameServer, authority: trustme.CA, tmp_path: Path
) -> AsyncIterator[Subscribers]:
    """Clients that also trust the authority of this test."""
    names.zone["hooks.test"] = ["127.0.0.1"]
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    async with (
        Resolver(LOOPBACK, server=names.address) as resolver,
        Subscribers(WayOut(resolver, ca_file=file), allow_http=True) as subscribers,
    ):
        yield subscribers


async def test_a_delivery_over_tls(trusting: Subscribers, authority: trustme.CA) -> None:
    """The handshake is timed; the connection is kept."""
    tls = serving(authority.issue_cert("hooks.test"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        url = f"https://hooks.test:{receiver.port}/hook"
        first, second = await post(trusting, url), await post(trusting, url)
        assert receiver.accepted == 1
    assert (first.reason, second.reason) == ("ok", "ok")
    assert first.tls_ms is not None
    assert second.tls_ms is None
    assert f"\r\nHost: hooks.test:{receiver.port}\r\n".encode() in receiver.requests[0]


async def test_a_certificate_of_an_address_is_accepted(
    trusting: Subscribers, authority: trustme.CA
) -> None:
    """The certificate must name the address."""
    tls = serving(authority.issue_cert("127.0.0.1"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        assert (await post(trusting, f"https://127.0.0.1:{receiver.port}/")).delivered


@pytest.mark.parametrize("name", ["other.test", "127.0.0.1", "hooks.test.evil.test"])
async def test_a_certificate_of_another_name_is_refused(
    trusting: Subscribers, authority: trustme.CA, name: str
) -> None:
    """Nothing is sent to its receiver."""
    tls = serving(authority.issue_cert(name))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls_wrong_name", [])
    assert outcome.charged


async def test_a_certificate_of_another_address_is_refused(
    trusting: Subscribers, authority: trustme.CA
) -> None:
    """An address in the URL is verified like a name."""
    tls = serving(authority.issue_cert("127.0.0.2"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://127.0.0.1:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls_wrong_name", [])


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"not_after": NOW - DAY}, "tls_expired"),
        ({"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}, "tls_not_yet_valid"),
    ],
)
async def test_a_certificate_outside_its_validity_is_refused(
    trusting: Subscribers, authority: trustme.CA, times: dict[str, Any], reason: str
) -> None:
    """One that expired yesterday, and one that is valid from tomorrow."""
    tls = serving(authority.issue_cert("hooks.test", **times))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == (reason, [])


@pytest.mark.parametrize("in_between", [False, True])
async def test_an_unknown_authority_is_refused(trusting: Subscribers, in_between: bool) -> None:
    """With and without an intermediate authority."""
    unknown = trustme.CA()
    signer = unknown.create_child_ca() if in_between else unknown
    tls = serving(signer.issue_cert("hooks.test"))
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls_unknown_authority", [])


async def test_a_self_signed_certificate_is_refused(trusting: Subscribers) -> None:
    """It has a separate reason, since such certificates are made on purpose."""
    owner = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with owner.cert_pem.tempfile() as chain, owner.private_key_pem.tempfile() as key:
        tls.load_cert_chain(chain, key)
    async with listening(answering(NO_CONTENT), tls=tls) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, receiver.requests) == ("tls_self_signed", [])


@contextlib.asynccontextmanager
async def shaking_hands(tls: ssl.SSLContext) -> AsyncIterator[int]:
    """Accept one connection and end it with its alert, which asyncio's server would not send."""

    def accept() -> None:
        with listener.accept()[0] as plain, contextlib.suppress(OSError):
            plain.settimeout(10)
            with (
                contextlib.suppress(ssl.SSLError),
                tls.wrap_socket(plain.dup(), server_side=True) as secure,
            ):
                secure.recv(1)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65_536):  # closing with unread bytes would drop the alert
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = asyncio.create_task(asyncio.to_thread(accept))
        yield listener.getsockname()[1]
        await accepting


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_receiver_that_requires_a_client_certificate(
    trusting: Subscribers, authority: trustme.CA, version: ssl.TLSVersion
) -> None:
    """TLS 1.3 refuses it after the handshake, TLS 1.2 with an ambiguous alert."""
    tls = serving(authority.issue_cert("hooks.test"))
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.maximum_version = version
    authority.configure_trust(tls)
    async with shaking_hands(tls) as port:
        outcome = await post(trusting, f"https://hooks.test:{port}/hook")
    assert (outcome.reason, outcome.status) == ("tls_client_certificate", None)


async def test_no_common_cipher_is_not_reported_as_a_client_certificate(
    trusting: Subscribers,
) -> None:
    """Although TLS 1.2 has the same alert for both."""
    async with shaking_hands(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as port:
        outcome = await post(trusting, f"https://hooks.test:{port}/hook")
    assert outcome.reason == "tls"


def hanging_up(words: bytes) -> Callable[[Receiver], Talk]:
    """Send `words` after the first bytes received, and close."""

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(65_536)
            writer.write(words)
            await writer.drain()

        return handle

    return talk


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "tls_not_spoken"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "tls_not_spoken"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "tls_version"),  # the alert protocol_version
        (b"\x15\x03\x03\x00\x02\x02\x50", "tls"),  # internal_error
        (b"", "tls"),
    ],
    ids=["http", "ssh", "version", "error", "nothing"],
)
async def test_a_handshake_that_fails(trusting: Subscribers, words: bytes, reason: str) -> None:
    """No TLS, no common version, or an internal error of the receiver."""
    async with listening(hanging_up(words)) as receiver:
        outcome = await post(trusting, f"https://hooks.test:{receiver.port}/hook")
    assert (outcome.reason, outcome.charged) == (reason, True)


async def test_a_handshake_that_never_ends(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shares the time limit of connecting, shortened here, and the log shows it."""
    monkeypatch.setattr(subscriber, "CONNECT_SECONDS", 0.5)
    names.zone["hooks.test"] = ["127.0.0.1"]

    def talk(receiver: Receiver) -> Talk:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        return handle

    async with (
        Resolver(LOOPBACK, server=names.address) as resolver,
        Subscribers(WayOut(resolver), allow_http=True) as hasty,
        listening(talk) as receiver,
    ):
        outcome = await post(hasty, f"https://hooks.test:{receiver.port}/hook")
    assert outcome.reason == "timeout"
    assert outcome.tls_ms is not None
    assert 450 <= outcome.tls_ms < 5000
