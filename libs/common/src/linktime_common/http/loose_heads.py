"""Lenient parsing of response heads that a strict parser rejects.

A duplicate field, a blank before a colon, lines that end without a carriage return, an illegal
byte: the status is still clear. The length of the body may not be, so the connection is not reused
after such a response.
"""

import re
from typing import NamedTuple

from linktime_common.http.answers import (
    MOST_INTERIM_ANSWERS,
    WITHOUT_BODY,
    SubscriberResponse,
    is_interim,
)

UNCLEAR = -1
_BEGIN = b"HTTP/1."
_BLANK_LINES = re.compile(rb"[\r\n]*")
_STATUS = re.compile(rb"(?i)HTTP/1\.\d[ \t]+([1-9]\d\d)(?!\d)")
_END = re.compile(rb"\n\r?\n")
_FRAMING = re.compile(rb"(?im)^(content-length|transfer-encoding)[ \t]*:(.*(?:\n[ \t].*)*)")
_LENGTH = re.compile(rb"\d{1,9}")


class UnreadableAnswer(Exception):
    """The bytes are not an HTTP/1 response."""


class AnswerTooLong(UnreadableAnswer):
    """The head, or the number of interim responses, is over the limit."""


class LooseAnswer(NamedTuple):
    """The final response, and the bytes after its head.

    `length` is that of the body: None if it lasts to the end of the connection, below 0 if the head
    contradicts itself.
    """

    answer: SubscriberResponse
    length: int | None
    begun: bytes


class LooseHeads:
    """Finds the head of the final response in chunks; scans no byte twice."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._begin = 0  # start of the current head
        self._searched = 0  # scanned up to here for the end of the first line or the head
        self._status: int | None = None  # once the first line is complete
        self._fields = 0  # where the header lines start
        self._interim = 0

    def feed(self, data: bytes) -> LooseAnswer | None:
        """Return the final response once its head is complete, or None.

        Raises UnreadableAnswer when the bytes are not a response, AnswerTooLong after too many
        interim ones.
        """
        self._came += data
        while True:
            if self._status is None:
                self._status = self._read_status()
            if self._status is None:
                return None
            end = _END.search(self._came, self._searched)
            if end is None:
                self._searched = max(self._searched, len(self._came) - len(b"\n\r"))
                return None
            if not is_interim(self._status):
                return self._answer(self._status, end)
            self._skip(end)

    def _read_status(self) -> int | None:
        self._begin = _BLANK_LINES.match(self._came, self._begin).end()  # type: ignore[union-attr]
        end = self._came.find(b"\n", max(self._begin, self._searched))
        if end < 0:
            self._searched = len(self._came)
            if not _BEGIN.startswith(self._came[self._begin : self._begin + len(_BEGIN)].upper()):
                raise UnreadableAnswer
            return None
        first = _STATUS.match(self._came, self._begin)
        if first is None:
            raise UnreadableAnswer
        self._searched, self._fields = end, end + 1
        return int(first[1])

    def _answer(self, status: int, end: re.Match[bytes]) -> LooseAnswer:
        fields = bytes(self._came[self._fields : end.start()]).rstrip(b"\r")
        return LooseAnswer(
            SubscriberResponse.of(status, fields),
            0 if status in WITHOUT_BODY else _body_length(fields),
            bytes(self._came[end.end() :]),
        )

    def _skip(self, end: re.Match[bytes]) -> None:
        self._interim += 1
        if self._interim > MOST_INTERIM_ANSWERS:
            raise AnswerTooLong
        self._begin = self._searched = end.end()
        self._status = None


def _body_length(fields: bytes) -> int | None:
    framing = {
        (name.lower(), one.strip())
        for name, value in _FRAMING.findall(fields)
        for one in value.split(b",")
    }
    if not framing:
        return None
    (name, value), *others = framing
    is_clear = name == b"content-length" and _LENGTH.fullmatch(value) and not others
    return int(value) if is_clear else UNCLEAR
