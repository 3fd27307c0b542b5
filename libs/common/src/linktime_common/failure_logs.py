"""Log lines of failures that do not end the work around them."""

from linktime_common import logs
from linktime_common.sqlstates import is_outage


def log_failure(what: str, error: BaseException, **facts: object) -> None:
    """Log a warning without a stack for an unavailable dependency, else an error with it."""
    if is_outage(error):
        logs.logger().warning(what, error=error, **facts)
    else:
        logs.logger().error(what, exc_info=error, **facts)
