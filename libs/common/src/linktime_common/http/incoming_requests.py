"""The requests that arrive on one connection, up to the first malformed byte."""

from typing import Any

from aiohttp import StreamReader, hdrs, web
from aiohttp.web_protocol import _ErrInfo

from linktime_common.http.pieces import Pieces
from linktime_common.http.request_lines import begins_as_http, first_line, mark_others
from linktime_common.http.request_parser import request_parser


class IncomingRequests(web.RequestHandler):
    """aiohttp's connection, independent of how its bytes are divided into packets."""

    __slots__ = (
        "_body",
        "_has_chunks",
        "_has_ended",
        "_has_failed",
        "_line",
        "_newest",
        "_options",
        "_received",
        "_to_come",
    )

    def __init__(self, server: web.Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._options = options
        self._body: StreamReader | None = None  # of the request that is being answered
        self._newest: StreamReader | None = None  # the body that arrives, or arrived last
        self._has_chunks = False  # whether it is in chunks
        self._received = Pieces()
        self._to_come = 0  # bytes of a body of known length
        self._line = b""  # the first line of a head that is not complete
        self._has_ended = False
        self._has_failed = False

    def data_received(self, data: bytes) -> None:
        """Parse up to the first malformed byte, and nothing after it.

        Requests that are complete before it are answered, in whatever packets it arrives.
        """
        may_be_head = not self._to_come and not self._is_in_body() and self._may_parse()
        if may_be_head and self._received.add_whole_head(data):
            self._parse(data)
            return
        self._received.add(data)
        if not data:
            self._parse(data)  # what the parser itself has kept
        while self._may_parse() and (piece := self._next_piece()):
            self._parse(piece)

    def _next_piece(self) -> bytes:
        if self._to_come:
            piece = self._received.next_of_body(self._to_come)
            self._to_come -= len(piece)
            return piece
        if self._is_in_body():
            return self._received.next_of_chunks()
        return self._received.next_of_head()

    def _may_parse(self) -> bool:
        # aiohttp calls data_received again, without data, when it has room.
        return not (
            self._has_failed
            or self._reading_paused
            or len(self._messages) >= self._max_msg_queue_size
        )

    def _parse(self, piece: bytes) -> None:
        if self._has_failed:
            return
        known, in_body, newest = len(self._messages), self._is_in_body(), self._newest
        super().data_received(piece)
        if in_body and self._has_chunks and newest is not None and newest.is_eof():
            self._end_chunks(known)
            return
        if self._line or len(self._messages) != known + 1 or not begins_as_http(piece):
            mark_others(self._messages, known, self._line + piece)
            is_head = not in_body and len(self._messages) == known
            self._line = first_line(self._line + piece) if is_head else b""
        if not self._messages:
            return
        message, body = self._messages[-1]
        if not isinstance(message, _ErrInfo):
            if body is not self._newest and not body.is_eof() and not message.chunked:
                self._to_come = int(message.headers.get(hdrs.CONTENT_LENGTH, 0))
            self._newest, self._has_chunks = body, message.chunked
            return
        self._has_failed = True
        if self._newest is not None and not self._newest.is_eof():
            # The response to this request says so: there is no next one.
            self._messages.pop()
            self._newest.set_exception(web.RequestPayloadError("malformed"))
            self._newest.feed_eof()
            self._has_ended = True
            self._close_behind_last()

    def _end_chunks(self, known: int) -> None:
        """Parse the next head with a new parser: the old one adds the last trailer to its headers.

        A piece that may have a part of the next head is the last.
        """
        self._parser = request_parser(self, **self._options)
        if not self._received.is_exact:
            while len(self._messages) > known:
                self._messages.pop()
            self._has_failed = self._has_ended = True
            self._close_behind_last()

    def _is_in_body(self) -> bool:
        return self._newest is not None and not self._newest.is_eof()

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio asks; aiohttp says None
        """Keep the connection until received requests are answered, as RFC 9112 9.6 requires.

        aiohttp would close it, although the client may only have shut down its sending side.
        """
        bodies = [body for _, body in self._messages]
        # aiohttp's waiter exists while no request is being handled.
        if self._waiter is None and self._body is not None:
            bodies.insert(0, self._body)
        if bodies and not bodies[-1].is_eof():
            if len(bodies) == 1:
                return False
            self._messages.pop()
        self._has_ended = True
        self._close_behind_last()
        return bool(bodies)

    def _close_behind_last(self) -> None:
        if self._has_ended and not self._messages:
            self.close()
