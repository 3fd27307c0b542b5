"""Errors of unavailable dependencies while a message is processed."""

import contextlib
from collections.abc import Iterator

from linktime_common import logs
from linktime_common.messaging.publisher import NotPublished
from linktime_common.sqlstates import is_outage


class Outage(Exception):
    """A dependency is unavailable: the message is not to blame, and no attempt is counted."""


@contextlib.contextmanager
def outages(but: type[Exception] | tuple[()] = ()) -> Iterator[None]:
    """Convert errors of unavailable dependencies in the block to `Outage`, except `but`."""
    try:
        yield
    except Exception as error:
        if isinstance(error, but) or not is_dependency_error(error):
            raise
        logs.logger().warning("messages requeued", error=error)
        raise Outage from error


def is_dependency_error(error: Exception) -> bool:
    """Whether a dependency is to blame for the error."""
    return isinstance(error, NotPublished) or is_outage(error)
