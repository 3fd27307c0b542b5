"""Heads of answers that a strict parser refuses, though anybody can see what the receiver says.

A field written twice, a blank before a colon, lines that end without a carriage return, a byte that
may not be there: the status is as clear as ever. How long the body is may not be, so a connection
with such an answer is not used again.
"""

import re

from linktime_webhooks.clients.answers import WITHOUT_BODY, Answer, is_interim

_BEGIN = b"HTTP/1."
_STATUS = re.compile(rb"(?i)HTTP/1\.\d[ \t]+([1-9]\d\d)(?!\d)[^\n]*")
_END = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,9})\b")


class UnreadableAnswer(Exception):
    """What came is not an answer in HTTP/1, or its head is too long."""


def read_loosely(came: bytes) -> tuple[Answer, bytes] | None:
    """The final answer in `came`, and what follows its head; None where the head has not ended.

    Raises UnreadableAnswer where no answer begins.
    """
    while True:
        came = came.lstrip(b"\r\n")
        first = _STATUS.match(came)
        if first is None:
            if b"\n" in came or not _BEGIN.startswith(came[: len(_BEGIN)].upper()):
                raise UnreadableAnswer
            return None
        end = _END.search(came)
        if end is None:
            return None
        status, rest = int(first[1]), came[end.end() :]
        if not is_interim(status):
            return Answer.of(status, came[first.end() + 1 : end.start()].rstrip(b"\r")), rest
        came = rest


def length_of_body(answer: Answer) -> int:
    """How many bytes it says will come; 0 where it does not say."""
    found = None if answer.status in WITHOUT_BODY else _LENGTH.search(answer.headers)
    return int(found[1]) if found else 0
