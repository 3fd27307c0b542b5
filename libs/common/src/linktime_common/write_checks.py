"""Whether PostgreSQL accepts writes."""

import time

from linktime_common.sqlstates import is_shortage

RECENT_SECONDS = 60.0

# False on a standby, and while the server is set to read-only.
IS_WRITABLE = (
    "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::bool"
)
READ_ONLY = "PostgreSQL is read-only: a standby, or default_transaction_read_only is on"

# It needs a new block on the disk; a row of an existing table may fit into a block that is there.
WRITE = "CREATE TEMPORARY TABLE write_check ON COMMIT DROP AS SELECT 1 AS written"


class Shortage:
    """Remembers when a statement last failed because the server lacked disk or memory."""

    def __init__(self) -> None:
        self._seen_at: float | None = None

    def note(self, error: BaseException) -> None:
        """Remember the time if `error` is such a failure."""
        if is_shortage(error):
            self._seen_at = time.monotonic()

    @property
    def was_recent(self) -> bool:
        """Whether a write must prove that it is over; a write that fails extends the time."""
        return self._seen_at is not None and time.monotonic() - self._seen_at < RECENT_SECONDS
