"""Splits received bytes so that a piece has the end of at most one message head.

A parser that fails loses what it has read from the same bytes. Fed in these pieces, it has returned
every complete request before it sees the bytes that it refuses, wherever a packet ends.
"""

_END = b"\r\n\r\n"  # of every head, and of every body in chunks
_KEPT = len(_END) - 1  # bytes of an end that an earlier packet may have
# A body in chunks may consist of such ends: beyond this many pieces they are larger.
_EXACT_PIECES = 64
_LARGE_PIECE = 4096


class Pieces:
    """The bytes of one connection; it only splits, and decides nothing about messages."""

    __slots__ = ("_at", "_bytes", "_exact", "_in_head")

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0  # the bytes before are returned
        self._in_head = False  # whether a part of the head is returned
        self._exact = _EXACT_PIECES

    @property
    def is_exact(self) -> bool:
        """Whether the last piece of a body in chunks ended with the body, if it had its end."""
        return self._exact > 0

    def add(self, data: bytes) -> None:
        """Add received bytes."""
        kept = max(0, self._at - _KEPT)
        self._bytes = self._bytes[kept:] + data
        self._at -= kept

    def add_whole_head(self, data: bytes) -> bool:
        """Return whether these bytes are exactly one head; then it is added and returned at once.

        Most packets are; the others are left to `add` and `next_of_head`, with the same result.
        """
        if (
            self._in_head
            or self._at != len(self._bytes)
            or data.startswith((b"\r", b"\n"))
            or not data.endswith(_END)
            or data.find(_END) != len(data) - len(_END)
        ):
            return False
        self._exact = _EXACT_PIECES
        self._bytes = _END[-_KEPT:]
        self._at = _KEPT
        return True

    def next_of_head(self) -> bytes:
        """Return the bytes to the end of a head; empty when there are none."""
        begin = self._at
        if begin == len(self._bytes):
            return b""
        self._exact = _EXACT_PIECES
        # Blank lines before a head belong to its piece: they may be many.
        first = begin if self._in_head else self._behind_blank_lines()
        found = self._bytes.find(_END, max(0, begin - _KEPT) if self._in_head else first)
        self._in_head = found < 0 and first < len(self._bytes)
        return self._up_to(len(self._bytes) if found < 0 else found + len(_END))

    def next_of_body(self, most: int) -> bytes:
        """Return at most this many bytes: the rest of a body of known length."""
        return self._up_to(min(len(self._bytes), self._at + most))

    def next_of_chunks(self) -> bytes:
        """Return bytes of a body in chunks, to what may be its end."""
        begin = self._at
        self._exact -= 1
        since = begin - _KEPT if self._exact > 0 else begin + _LARGE_PIECE
        found = self._bytes.find(_END, max(0, since))
        return self._up_to(len(self._bytes) if found < 0 else found + len(_END))

    def _behind_blank_lines(self) -> int:
        if not self._bytes.startswith((b"\r", b"\n"), self._at):
            return self._at
        return len(self._bytes) - len(self._bytes[self._at :].lstrip(b"\r\n"))

    def _up_to(self, end: int) -> bytes:
        piece = self._bytes[self._at : end]
        self._at = end
        if end == len(self._bytes):  # an idle connection keeps no request
            self._bytes = self._bytes[-_KEPT:]
            self._at = len(self._bytes)
        return piece
