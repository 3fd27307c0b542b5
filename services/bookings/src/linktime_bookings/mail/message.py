"""The message around the texts: headers, parts, and how it is written as octets."""

from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from linktime_bookings.mail.addresses import Mailbox
from linktime_bookings.mail.headers import LINE_END, LONGEST_LINE, HeaderPolicy
from linktime_bookings.mail.invitation import CalendarFile
from linktime_bookings.mail.plain_text import in_header

__all__ = ["CalendarFile", "Head", "Mailbox", "build"]

MOST_OF_A_SUBJECT = 300

# With another line end, base64 would have bare LF, which breaks the calendar part.
POLICY = HeaderPolicy(linesep=LINE_END, max_line_length=LONGEST_LINE)


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the headers are made of; only the recipient's address may have a local part in UTF-8,
    or `reply_to` too if the recipient's has.
    """

    id: UUID
    kind: str
    domain: str
    date: datetime
    subject: str
    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None


def build(head: Head, *, text: str, html: str, calendar: CalendarFile | None) -> EmailMessage:
    """Return the message; `as_bytes()` writes it as it is sent.

    Its parts are multipart/mixed(multipart/alternative(text, HTML, invitation), attachment), the
    invitation last since programs show the last part that they know. A Content-Disposition on it
    makes Thunderbird ignore it; without the attachment some programs offer no file to open.
    """
    # RFC 6532: a local part beyond ASCII needs headers in UTF-8, and a server with SMTPUTF8.
    policy = POLICY if head.recipient.is_ascii else POLICY.clone(utf8=True)
    message = EmailMessage(policy=policy)
    _add_headers(message, head)
    versions = [_text_part("plain", text), _text_part("html", html)]
    if calendar is None:
        return _multipart(message, "alternative", versions)
    if calendar.asks_calendar:
        content_type = f'text/calendar; charset="utf-8"; method="{calendar.method}"'
        versions.append(_base64_part(content_type, calendar.content))
    attachment = _base64_part("application/ics", calendar.content)
    attachment["Content-Disposition"] = f'attachment; filename="{calendar.file_name}"'
    alternative = _multipart(EmailMessage(policy=POLICY), "alternative", versions)
    return _multipart(message, "mixed", [alternative, attachment])


def _multipart(message: EmailMessage, subtype: str, parts: list[EmailMessage]) -> EmailMessage:
    """Give the message these parts; its boundary has `=_`, which no encoded part can have."""
    message["Content-Type"] = f'multipart/{subtype}; boundary="=_LinkTime_{subtype}"'
    message.set_payload([*parts])
    return message


def _text_part(subtype: str, text: str) -> EmailMessage:
    lines = b"".join(line + b"\n" for line in text.encode().splitlines())
    return _part(f'text/{subtype}; charset="utf-8"', "quoted-printable", b2a_qp(lines))


def _base64_part(content_type: str, content: bytes) -> EmailMessage:
    return _part(content_type, "base64", encodebytes(content))


def _part(content_type: str, encoding: str, encoded: bytes) -> EmailMessage:
    """Return a part; the library's way through `set_content` parses each header several times."""
    part = EmailMessage(policy=POLICY)
    part["Content-Type"] = content_type
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(encoded.decode("ascii"))
    return part


def _add_headers(message: EmailMessage, head: Head) -> None:
    message["From"] = head.sender.header
    message["To"] = head.recipient.header
    if head.reply_to is not None:
        message["Reply-To"] = head.reply_to.header
    message["Subject"] = in_header(head.subject, MOST_OF_A_SUBJECT)
    message["Date"] = format_datetime(head.date)
    # Fixed, so that a mail that is sent twice after a crash can be recognised as one.
    message["Message-ID"] = f"<{head.id}@{head.domain}>"
    # RFC 3834: no vacation notice answers it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-LinkTime-Kind"] = head.kind
    message["MIME-Version"] = "1.0"
