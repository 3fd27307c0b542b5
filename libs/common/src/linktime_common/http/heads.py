"""The head of a request as it goes over the wire, for clients that write their own."""

from collections.abc import Sequence


def head_of(lines: Sequence[str]) -> bytes:
    """The request line and headers with their ends; raises ValueError for a break within a line."""
    head = "\r\n".join(lines)
    # A value with a line break in it would begin a header, or a request, of its sender's making.
    if not head.count("\r") == head.count("\n") == len(lines) - 1:
        raise ValueError("a line break in the head of a request")
    return f"{head}\r\n\r\n".encode("utf-8", "surrogateescape")
