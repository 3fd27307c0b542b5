"""Reads messages that anyone may have written: never fails, whatever they contain."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

KIND_HEADER = "X-LinkTime-Kind"
FOLDING = re.compile(r"[\r\n]+[ \t]*")
INVITATION_TYPES = ("text/calendar", "application/ics")

# Not the newer header classes, which raise errors for some malformed headers.
_PARSER = BytesParser()


@dataclass(frozen=True)
class ReadMail:
    """The readable parts of a message; None if there is none."""

    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    invitation: bytes | None


def read_headers(content: bytes) -> list[tuple[str, str]]:
    """Return the names and decoded values of a message's headers."""
    message = _PARSER.parsebytes(content, headersonly=True)
    return [(name, _decoded(value)) for name, value in message.raw_items()]


def first(headers: Iterable[tuple[str, str]], wanted: str) -> str | None:
    """Return the value of the first header of this name, in any letter case."""
    return next((value for name, value in headers if name.lower() == wanted.lower()), None)


def read_mail(content: bytes) -> ReadMail:
    """Return the headers and readable parts of a message."""
    try:
        parts = list(_PARSER.parsebytes(content).walk())
    except RecursionError:  # parts within parts, hundreds of levels deep
        parts = []
    return ReadMail(
        headers=read_headers(content),
        text=_text(parts, "text/plain"),
        html=_text(parts, "text/html"),
        invitation=_invitation(parts),
    )


def _text(parts: "list[Message]", content_type: str) -> str | None:
    for part in parts:
        if part.get_content_type() == content_type and part.get_content_disposition() is None:
            return _in_charset(_octets(part), part.get_content_charset())
    return None


def _invitation(parts: "list[Message]") -> bytes | None:
    found = {part.get_content_type(): part for part in reversed(parts)}
    return next((_octets(found[kind]) for kind in INVITATION_TYPES if kind in found), None)


def _octets(part: "Message") -> bytes:
    octets = part.get_payload(decode=True)
    return octets if isinstance(octets, bytes) else b""


def _in_charset(octets: bytes, charset: str | None) -> str:
    try:
        return _encodable(octets.decode(charset or "utf-8", "replace"))
    except (LookupError, ValueError):  # unknown, or a codec that is not for text
        return octets.decode("utf-8", "replace")


def _decoded(value: object) -> str:
    # Octets of a header that are not ASCII arrive as surrogates.
    raw = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    line = FOLDING.sub(" ", raw)
    try:
        return _encodable(str(make_header(decode_header(line))))
    except (HeaderParseError, LookupError, ValueError):
        return line


def _encodable(text: str) -> str:
    """Return the text without lone surrogates, which UTF-7 can name and UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()
