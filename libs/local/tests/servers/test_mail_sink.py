"""The mail sink as a process: what it keeps, and what its inbox shows of hostile messages."""

import asyncio
import smtplib
import stat
from collections.abc import AsyncIterator
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.mail import MailSinkServer
from linktime_local.servers.mail_sink.reading import read_mail
from linktime_local.servers.mail_sink.store import MailStore
from linktime_local.servers.ports import free_port
from linktime_local.testing.engines import state_folder

SCRIPT = "<script>alert(1)</script>"
INVITATION = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[MailSinkServer]:
    with state_folder("mail with space") as folder:
        server = MailSinkServer(folder / "state")
        await server.start()
        yield server
        await server.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def send(server: MailSinkServer, content: bytes, *recipients: str) -> None:
    def blocking() -> None:
        with smtplib.SMTP(server.host, server.smtp_port, timeout=30) as client:
            client.sendmail("host@example.com", recipients or ["zoe@example.com"], content)

    await asyncio.to_thread(blocking)


async def listed(server: MailSinkServer, http: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with http.get(f"{server.inbox}/messages.json") as response:
        assert response.status == 200
        return list(await response.json())


def invitation(subject: str = "Intro call", name: str = "Zoë") -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "LinkTime <mail@example.com>"
    mail["To"] = "zoe@example.com"
    mail["Subject"] = subject
    mail["X-LinkTime-Kind"] = "booking.confirmed"
    mail.set_content(f"Hello {name}\n")
    mail.add_alternative(f"<p>Hello {name}</p>", subtype="html")
    mail.add_alternative(INVITATION, maintype="text", subtype="calendar")
    return mail.as_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: plain\r\n\r\nText\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n",
        b"Subject: octets\r\n\r\n\x00\x80\xff\x1b[2J\ta lone \n and a lone \r end\r\n",
        b"no header at all\r\n",
        b"\r\n",
        b"Subject: long\r\n\r\n" + b"x" * 990 + b"\r\n \t \r\n",
    ],
    ids=lambda content: repr(content[:16]),
)
async def test_a_message_is_kept_octet_for_octet(
    server: MailSinkServer, http: aiohttp.ClientSession, content: bytes
) -> None:
    """The file is what the sender meant to send, private, with its envelope beside it."""
    octets = content.replace(b"\n.", b"\n..").removesuffix(b"\r\n")
    reader, writer = await asyncio.open_connection(server.host, server.smtp_port)
    lines = (b"EHLO x", b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.com>", b"DATA", octets)
    for line in (*lines, b"."):
        writer.write(line + b"\r\n")
    writer.write(b"QUIT\r\n")
    assert b"250 2.0.0 Kept" in await reader.read()
    writer.close()
    path = Path((await listed(server, http))[0]["path"])
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    envelope = orjson.loads(path.with_suffix(".json").read_bytes())
    assert (envelope["sender"], envelope["recipients"]) == ("a@example.com", ["b@example.com"])
    async with http.get(f"{server.inbox}/messages/{envelope['id']}/raw") as response:
        assert await response.read() == content


async def test_the_list_for_programs(server: MailSinkServer, http: aiohttp.ClientSession) -> None:
    """Newest first, with the decoded subject and the kind of LinkTime's header."""
    await send(server, b"Subject: older\r\n\r\n")
    await send(server, invitation("Grüße"), "zoe@example.com", "max@example.com")
    newest, older = (await listed(server, http))[:2]
    assert set(newest) == {"id", "to", "subject", "kind", "receivedAt", "path"}
    assert newest["to"] == "zoe@example.com, max@example.com"
    assert (newest["subject"], newest["kind"]) == ("Grüße", "booking.confirmed")
    assert (older["subject"], older["kind"]) == ("older", None)
    assert newest["receivedAt"] >= older["receivedAt"]
    assert Path(newest["path"]).exists()


class Found(HTMLParser):
    """The tags and attributes of a page, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


async def page(
    http: aiohttp.ClientSession, url: str
) -> tuple[str, "aiohttp.typedefs.LooseHeaders"]:
    async with http.get(url) as response:
        assert response.status == 200
        return await response.text(), response.headers


async def test_hostile_content_is_harmless(
    server: MailSinkServer, http: aiohttp.ClientSession
) -> None:
    """Markup in subject, names, addresses, header names and parts is shown as text; the HTML part
    is in a frame without scripts, with a policy that holds outside of the frame too."""
    mail = invitation(f"{SCRIPT}\u202e\x1b[2J", f'{SCRIPT}"><img src=x onerror=alert(1)>')
    mail = mail.replace(b"From: LinkTime", b'X-"><script>: <script>\r\nFrom: <script>x</script>')
    await send(server, mail, '"<script>"@example.com')
    found = (await listed(server, http))[0]
    where = f"{server.inbox}/messages/{found['id']}"
    for url in (f"{server.inbox}/", where):
        text, headers = await page(http, url)
        seen = Found(text)
        assert not {"script", "img", "x", "form", "object", "base"} & set(seen.tags)
        assert not [one for one in seen.attributes if one[1].startswith("on")]
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
    assert ("iframe", "sandbox", "") in seen.attributes
    for part, kind in (("html", "html"), ("text", "plain"), ("raw", "plain")):
        _text, headers = await page(http, f"{where}/{part}")
        assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; ")
        assert headers["Content-Type"] == f"text/{kind}; charset=utf-8"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_parts_of_an_invitation(
    server: MailSinkServer, http: aiohttp.ClientSession
) -> None:
    """Text, HTML, and the calendar object as a file; a message without them has no such pages."""
    await send(server, invitation())
    where = f"{server.inbox}/messages/{(await listed(server, http))[0]['id']}"
    assert (await page(http, f"{where}/text"))[0].strip() == "Hello Zoë"
    assert (await page(http, f"{where}/html"))[0].strip() == "<p>Hello Zoë</p>"
    async with http.get(f"{where}/invitation.ics") as response:
        assert await response.read() == INVITATION
        assert response.headers["Content-Disposition"] == 'attachment; filename="invitation.ics"'
    async with http.get(f"{where}.json") as response:
        shown = await response.json()
    assert {"name": "Subject", "value": "Intro call"} in shown["headers"]
    assert shown["text"].strip() == "Hello Zoë"
    await send(server, b"Content-Type: image/png\r\n\r\nx\r\n")
    where = f"{server.inbox}/messages/{(await listed(server, http))[0]['id']}"
    for part in ("text", "html", "invitation.ics"):
        async with http.get(f"{where}/{part}") as response:
            assert response.status == 404


async def test_pages_are_accessible(server: MailSinkServer, http: aiohttp.ClientSession) -> None:
    """A language, one heading, a table with column heads, names for frame and text."""
    await send(server, invitation())
    found = (await listed(server, http))[0]
    for url in (f"{server.inbox}/", f"{server.inbox}/messages/{found['id']}"):
        text, _headers = await page(http, url)
        seen = Found(text)
        assert ("html", "lang", "en") in seen.attributes
        assert (seen.tags.count("h1"), seen.tags.count("title")) == (1, 1)
        if url.endswith("/"):
            assert seen.attributes.count(("th", "scope", "col")) == 4
            assert "caption" in seen.tags
        else:
            assert ("iframe", "title", "HTML part of the message") in seen.attributes
            assert ("pre", "aria-label", "Text part of the message") in seen.attributes
    style, _headers = await page(http, f"{server.inbox}/inbox.css")
    assert "color-scheme: light dark" in style
    assert "max-width: 40rem" in style


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:9999", 200),
        ("[::1]:8025", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("127.0.0.1:80@evil.example", 421),
        ("", 421),
    ],
)
async def test_another_sites_name_for_this_machine_is_refused(
    server: MailSinkServer, http: aiohttp.ClientSession, host: str, status: int
) -> None:
    """A page of another site cannot read the mail by resolving its name to 127.0.0.1."""
    for path in ("/", "/messages.json"):
        async with http.get(server.inbox + path, headers={"Host": host}) as response:
            assert response.status == status
            assert "Access-Control-Allow-Origin" not in response.headers


async def test_messages_outlive_a_restart_and_a_kill(http: aiohttp.ClientSession) -> None:
    """The same list, at the same ports."""
    with state_folder("mail") as folder:
        server = MailSinkServer(folder / "state")
        await server.start()
        try:
            await send(server, invitation())
            before, ports = await listed(server, http), (server.smtp_port, server.inbox_port)
            await server.kill()
            await server.start()
            assert await listed(server, http) == before
            assert (server.smtp_port, server.inbox_port) == ports
        finally:
            await server.stop()


async def test_a_second_server_on_the_same_folder_or_port_is_refused(
    server: MailSinkServer, tmp_path: Path
) -> None:
    """With a sentence."""
    with pytest.raises(ServerUnavailable, match="The mail sink is already running on"):
        await MailSinkServer(server._state.path).start()
    taken = MailSinkServer(tmp_path, smtp_port=server.smtp_port, inbox_port=free_port())
    with pytest.raises(ServerUnavailable, match=f"Port {server.smtp_port} for The mail sink is"):
        await taken.start()


def test_the_oldest_messages_are_removed_beyond_the_limits(tmp_path: Path) -> None:
    """By number and by size; also the files."""
    store = MailStore(tmp_path, most_messages=3, most_bytes=1000)
    for number in range(5):
        store.keep(b"Subject: %d\r\n\r\n" % number, sender="", recipients=["a@example.com"])
    assert [mail.subject for mail in store.newest_first()] == ["4", "3", "2"]
    assert len(list(tmp_path.iterdir())) == 6
    store.keep(b"Subject: large\r\n\r\n" + b"x" * 980, sender="", recipients=["a@example.com"])
    assert [mail.subject for mail in store.newest_first()] == ["large"]
    assert [mail.subject for mail in MailStore(tmp_path).newest_first()] == ["large"]


def test_what_a_crash_leaves_is_removed(tmp_path: Path) -> None:
    """An envelope without its message, and unfinished files; a message alone stays."""
    MailStore(tmp_path).keep(b"Subject: whole\r\n\r\n", sender="", recipients=[])
    for name in ("0.json", "1.partial", "2.json.77.partial", "3.eml"):
        (tmp_path / name).write_text("{}")
    assert [mail.subject for mail in MailStore(tmp_path).newest_first()] == ["whole"]
    names = {path.name for path in tmp_path.iterdir()}
    assert "3.eml" in names
    assert len(names) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Subject: =?x-none?b?aGk=?= =?utf-8?b?!!!?=\r\n\r\n",
        b"Subject: =?utf-7?q?+2AA-?=\r\n\r\n",
        b"Subject: \xff\xfe =?utf-8?q?=ff?=\r\n\r\n",
        b"Content-Type: text/plain; charset=hex\r\n\r\n\xff",
        b"Content-Type: text/plain; charset*=x'\xff'y\r\n\r\nx",
        b"Content-Type: text/html; charset=utf-7\r\n\r\n+2AA-",
        b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!=x",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: \xff\n\n",
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n)
            for n in range(3000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_malformed_message_is_read(content: bytes, tmp_path: Path) -> None:
    """Without an error, into texts that UTF-8 can encode."""
    read = read_mail(content)
    texts = [read.text or "", read.html or "", *(part for pair in read.headers for part in pair)]
    assert "".join(texts).encode() is not None
    kept = MailStore(tmp_path).keep(content, sender="", recipients=["a@example.com"])
    assert MailStore(tmp_path).find(kept.id) == kept
