"""Instants as fine as they are shown, so that what looks the same is ordered by id."""

from datetime import datetime


def whole_milliseconds(instant: datetime) -> datetime:
    """What is finer than a millisecond is cut off, as on the wire."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
