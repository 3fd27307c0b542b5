"""Incremental parsing of one response: strict if possible, else lenient.

The status counts as soon as the head is complete. Errors after that only keep the connection from
being reused.
"""

import asyncio
import re
import time

import aiohttp
import httptools

from linktime_common.http.answers import (
    MOST_HEAD_BYTES,
    MOST_RESPONSE_BYTES,
    REQUEST_TIMEOUT,
    WITHOUT_BODY,
    SubscriberResponse,
    is_interim,
)
from linktime_common.http.loose_heads import (
    UNCLEAR,
    AnswerTooLong,
    LooseHeads,
    UnreadableAnswer,
)

MOST_BYTES = MOST_HEAD_BYTES + MOST_RESPONSE_BYTES

_FRAMED = re.compile(rb"(?im)^(?:content-length:|transfer-encoding:.*\bchunked[ \t]*\r?$)")
_PROMISES_BODY = re.compile(rb"(?im)^(?:content-length: 0*[1-9]|transfer-encoding:)")


class StaleAnswer(aiohttp.ClientConnectionError):
    """The bytes on a reused connection may not be the response to this request."""


class Reading:
    """The state of one response. `ended` raises when there was none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, is_reused: bool) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.answer: SubscriberResponse | None = None
        self.answered: float | None = None  # by time.perf_counter
        self.has_begun = False
        self.may_keep = False  # whether the response ended cleanly and the connection can be reused
        self._is_reused = is_reused
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._came = bytearray()  # all bytes, until there is a response or the parser has failed
        self._heads = LooseHeads()  # used when the parser fails
        self._count = 0  # bytes read
        self._fields: list[bytes] = []
        self._is_framed = True
        self._room = MOST_RESPONSE_BYTES  # left for the body
        self._promised: int | None = None  # bytes of the body that are missing, in lenient mode

    def feed(self, data: bytes) -> None:
        """Process the next bytes of the connection.

        The result must not depend on packet boundaries, so bytes beyond a limit never reach a
        parser.
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
            self._parser = None  # breaks a reference cycle
            self.may_keep = self.may_keep and not data

    def lose(self, error: Exception | None) -> None:
        """Handle the end of the connection, or its failure with `error`."""
        if self.answer is None:
            self.fail(error or aiohttp.ServerDisconnectedError())
        elif not self.ended.done():
            self.answer.is_whole = error is None and not self._is_framed
            self._end()

    def fail(self, error: Exception) -> None:
        """Fail: there is no response."""
        if not self.ended.done():
            self.ended.set_exception(error)

    # Callbacks of the parser; it may find another response after this one, which is ignored.

    def on_message_begin(self) -> None:
        if self.ended.done():
            self.may_keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.answer is None:  # otherwise a trailer
            self._fields.append(name + b": " + value)

    def on_headers_complete(self) -> None:
        if self.answer is not None or self._parser is None or self.ended.done():
            return
        status, headers = self._parser.get_status_code(), b"\r\n".join(self._fields)
        if error := self._error_of_heads():
            self.fail(error)
        elif not is_interim(status):
            self._is_framed = _FRAMED.search(headers) is not None
            self._take(SubscriberResponse.of(status, headers))

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
        """Stop reading at the limit."""
        if self.answer is None:
            self.fail(AnswerTooLong())
        self._end()

    def _error_of_heads(self) -> UnreadableAnswer | None:
        # The strict parser also accepts heads of RTSP and ICE, and any version and status.
        try:
            LooseHeads().feed(bytes(self._came))
        except UnreadableAnswer as error:
            return error
        return None

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
            self._is_framed = found.length is not None
            if found.length == UNCLEAR:
                self._end()  # which bytes are the body cannot be known
            else:
                self._add_loosely(found.begun)

    def _add_loosely(self, body: bytes) -> None:
        if self.answer is None or self.ended.done():
            return
        if self._promised is not None:
            body = body[: self._promised]  # what follows is no part of it, in this packet or later
            self._promised -= len(body)
        self._add(self.answer, body)
        if self._promised == 0:
            self.answer.is_whole = True
            self._end()

    def _add(self, answer: SubscriberResponse, body: bytes) -> None:
        answer.add(body)
        self._room -= len(body)
        if self._room < 0:
            self._end()

    def _take(self, answer: SubscriberResponse) -> None:
        if self._is_reused and answer.status == REQUEST_TIMEOUT:
            self.fail(StaleAnswer())  # it concerns the previous request
        else:
            self.answer, self.answered = answer, time.perf_counter()
            self._came.clear()

    def _promises_more(self) -> bool:
        # Some servers send a 204 with a length and often as many bytes after it.
        is_without = self.answer is not None and self.answer.status in WITHOUT_BODY
        return is_without and _PROMISES_BODY.search(b"\r\n".join(self._fields)) is not None

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
