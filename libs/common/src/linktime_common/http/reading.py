"""One answer, read as its bytes come: strictly where that is possible, loosely where not.

The status counts as soon as the head is read. Whatever is wrong with what follows only keeps the
connection from being used again.
"""

import asyncio
import re
import time

import aiohttp
import httptools

from linktime_common.http.answers import (
    FIRST_STATUS,
    MOST_HEAD_BYTES,
    MOST_INTERIM_ANSWERS,
    MOST_RESPONSE_BYTES,
    REQUEST_TIMEOUT,
    WITHOUT_BODY,
    SubscriberResponse,
    is_interim,
)
from linktime_common.http.loose_heads import LooseHeads, UnreadableAnswer

MOST_BYTES = MOST_HEAD_BYTES + MOST_RESPONSE_BYTES

_FRAMED = re.compile(rb"(?im)^(?:content-length|transfer-encoding):")
_PROMISES_BODY = re.compile(rb"(?im)^(?:content-length: 0*[1-9]|transfer-encoding:)")


class StaleAnswer(aiohttp.ClientConnectionError):
    """What came on a used connection is not, or need not be, the answer to what was sent."""


class Reading:
    """What has come of one answer. `ended` raises when there was none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, is_reused: bool) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.answer: SubscriberResponse | None = None
        self.answered: float | None = None  # by the performance counter
        self.has_begun = False
        self.may_keep = False  # whether nothing is left on the connection, and nothing to come
        self._is_reused = is_reused
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._came = bytearray()  # all of it, until there is an answer or the parser has failed
        self._heads = LooseHeads()  # for what the parser fails at
        self._count = 0  # of bytes read
        self._interim = 0
        self._fields: list[bytes] = []
        self._is_framed = True
        self._room = MOST_RESPONSE_BYTES  # for the body
        self._promised = 0  # of a body that is read loosely

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection.

        What comes of them must not depend on how they were cut into packets, so nothing behind a
        limit reaches a parser.
        """
        self.has_begun = True
        while data and not self.ended.done():
            room = (MOST_HEAD_BYTES if self.answer is None else MOST_BYTES) - self._count
            piece, data = data[:room], data[room:]
            self._count += len(piece)
            if piece:
                self._read(piece)
            else:
                self._give_up()
        if self.ended.done():
            self._parser = None  # it holds this object, as this does it
            self.may_keep = self.may_keep and not data

    def lose(self, error: Exception | None) -> None:
        """Nothing more will come: the connection has ended, or failed with `error`."""
        if self.answer is None:
            self.fail(error or aiohttp.ServerDisconnectedError())
        elif not self.ended.done():
            self.answer.is_whole = error is None and not self._is_framed
            self._end()

    def fail(self, error: Exception) -> None:
        """There is no answer."""
        if not self.ended.done():
            self.ended.set_exception(error)

    # What the parser calls; behind the answer it may find another one, which counts for nothing.

    def on_message_begin(self) -> None:
        if self.ended.done():
            self.may_keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.answer is None:  # else a trailer
            self._fields.append(name + b": " + value)

    def on_headers_complete(self) -> None:
        if self.answer is not None or self._parser is None or self.ended.done():
            return
        status, headers = self._parser.get_status_code(), b"\r\n".join(self._fields)
        if status < FIRST_STATUS or not self._parser.get_http_version().startswith("1."):
            self.fail(UnreadableAnswer())
        elif not is_interim(status):
            self._is_framed = _FRAMED.search(headers) is not None
            self._take(SubscriberResponse.of(status, headers))
        else:
            self._interim += 1
            if self._interim > MOST_INTERIM_ANSWERS:
                self.fail(UnreadableAnswer())

    def on_body(self, body: bytes) -> None:
        if self.answer is not None and not self.ended.done():
            self._add(self.answer, body)

    def on_message_complete(self) -> None:
        if self.answer is None:
            self._fields.clear()
        elif self._parser is not None and not self.ended.done():
            self.answer.is_whole = True
            self.may_keep = self._parser.should_keep_alive() and not self._promises_more()
            self._end()

    def _read(self, data: bytes) -> None:
        if self.answer is None:
            self._read_head(data)
        elif self._parser is not None:
            self._read_strictly(self._parser, data)
        else:
            self._add_loosely(data)

    def _give_up(self) -> None:
        """There is more than is read."""
        if self.answer is None:
            self.fail(UnreadableAnswer())
        self._end()

    def _read_head(self, data: bytes) -> None:
        if self._parser is not None:
            self._came += data
            self._read_strictly(self._parser, data)
            if self._parser is None and self.answer is None and not self.ended.done():
                self._read_loosely(bytes(self._came))
                self._came.clear()
        else:
            self._read_loosely(data)

    def _read_strictly(self, parser: httptools.HttpResponseParser, data: bytes) -> None:
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._parser = None
            self.may_keep = False
            if self.answer is not None:
                self._end()

    def _read_loosely(self, data: bytes) -> None:
        try:
            found = self._heads.feed(data)
        except UnreadableAnswer as error:
            self.fail(error)
            return
        if found is not None:
            self._take(found.answer)
            self._promised = found.length
            self._add_loosely(found.begun)

    def _add_loosely(self, body: bytes) -> None:
        if self.answer is not None:
            self._promised -= len(body)
            self._add(self.answer, body)
            if self._promised <= 0:
                self.answer.is_whole = self._promised == 0
                self._end()

    def _add(self, answer: SubscriberResponse, body: bytes) -> None:
        answer.add(body)
        self._room -= len(body)
        if self._room < 0:
            self._end()

    def _take(self, answer: SubscriberResponse) -> None:
        if self._is_reused and answer.status == REQUEST_TIMEOUT:
            self.fail(StaleAnswer())  # said of the time before the request
        else:
            self.answer, self.answered = answer, time.perf_counter()
            self._came.clear()

    def _promises_more(self) -> bool:
        # Receivers that give a 204 a length often send as many bytes after it.
        is_without = self.answer is not None and self.answer.status in WITHOUT_BODY
        return is_without and _PROMISES_BODY.search(b"\r\n".join(self._fields)) is not None

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
