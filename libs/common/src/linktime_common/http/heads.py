"""The head of a request on the wire, for clients that write their own."""

from collections.abc import Sequence


def head_of(lines: Sequence[str]) -> bytes:
    """Return request line and headers as bytes; raises ValueError for a line break in one."""
    head = "\r\n".join(lines)
    # A line break in a value would let its sender inject a header or a request.
    if not head.count("\r") == head.count("\n") == len(lines) - 1:
        raise ValueError("a line break in the head of a request")
    return f"{head}\r\n\r\n".encode("utf-8", "surrogateescape")
