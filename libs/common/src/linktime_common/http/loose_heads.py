"""Heads of answers that a strict parser refuses, though anybody can see what the receiver says.

A field written twice, a blank before a colon, lines that end without a carriage return, a byte that
may not be there: the status is as clear as ever. How long the body is may not be, so a connection
with such an answer is not used again.
"""

import re
from typing import NamedTuple

from linktime_common.http.answers import (
    MOST_INTERIM_ANSWERS,
    WITHOUT_BODY,
    SubscriberResponse,
    is_interim,
)

_BEGIN = b"HTTP/1."
_BLANK_LINES = re.compile(rb"[\r\n]*")
_STATUS = re.compile(rb"(?i)HTTP/1\.\d[ \t]+([1-9]\d\d)(?!\d)")
_END = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,9})\b")


class UnreadableAnswer(Exception):
    """What came is not an answer in HTTP/1, or its head is too long."""


class LooseAnswer(NamedTuple):
    """The final answer, how many bytes of a body its head promises, and what came behind it."""

    answer: SubscriberResponse
    length: int
    begun: bytes


class LooseHeads:
    """Finds the head of the final answer in bytes that come in pieces; searches none twice."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._begin = 0  # of the head that is being read
        self._searched = 0  # how far there is no end of its first line, or of the head
        self._status: int | None = None  # once its first line has come
        self._fields = 0  # where its header lines begin
        self._interim = 0

    def feed(self, data: bytes) -> LooseAnswer | None:
        """The final answer, once its head has ended.

        Raises UnreadableAnswer where no answer begins, or after too many interim ones.
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
        length = None if status in WITHOUT_BODY else _LENGTH.search(fields)
        return LooseAnswer(
            SubscriberResponse.of(status, fields),
            int(length[1]) if length else 0,
            bytes(self._came[end.end() :]),
        )

    def _skip(self, end: re.Match[bytes]) -> None:
        self._interim += 1
        if self._interim > MOST_INTERIM_ANSWERS:
            raise UnreadableAnswer
        self._begin = self._searched = end.end()
        self._status = None
