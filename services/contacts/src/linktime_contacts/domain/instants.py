"""Instants in milliseconds, the precision of responses, so that equal ones are ordered by id."""

from datetime import datetime


def whole_milliseconds(instant: datetime) -> datetime:
    """Truncate to milliseconds, as responses do."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
