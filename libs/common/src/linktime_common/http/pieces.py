"""Splits received bytes so that a piece has the end of at most one message head.

A parser that fails loses what it has read from the same bytes. Fed in these pieces, it has returned
every complete request before it sees the bytes that it refuses, wherever a packet ends.
"""

_END = b"\r\n\r\n"  # of every head, and of every body in chunks
_KEPT = len(_END) - 1  # bytes of an end that an earlier packet may have


class Pieces:
    """The bytes of one connection; it only splits, and decides nothing about messages."""

    __slots__ = ("_at", "_bytes")

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0  # the bytes before are returned

    def add(self, data: bytes) -> None:
        """Add received bytes."""
        kept = max(0, self._at - _KEPT)
        self._bytes = self._bytes[kept:] + data
        self._at -= kept

    def next(self) -> bytes:
        """Return the next piece; empty when there is none."""
        begin = self._at
        found = self._bytes.find(_END, max(0, begin - _KEPT))
        self._at = len(self._bytes) if found < 0 else found + len(_END)
        piece = self._bytes[begin : self._at]
        if self._at == len(self._bytes):  # an idle connection keeps no request
            self._bytes = self._bytes[-_KEPT:]
            self._at = len(self._bytes)
        return piece
