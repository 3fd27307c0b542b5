"""Half-open intervals of epoch seconds."""

from collections.abc import Iterable

from linktime_availability.domain.wall_time import Span


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with those that overlap or touch joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def clipped(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """Return the parts of the spans in the window; a span without length is nothing."""
    parts = ((max(start, since), min(end, until)) for start, end in spans)
    return [(start, end) for start, end in parts if start < end]
