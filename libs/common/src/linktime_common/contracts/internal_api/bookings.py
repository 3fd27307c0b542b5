"""Calls of the operator to bookings' internal port.

GET /internal/mail   → 200 MailState
"""

from linktime_common.contracts.wire import WireModel


class MailState(WireModel):
    """Whether the mail server answers now, and what waits for it.

    `reachable` is None without a configured server; `error` is a sentence without a full stop.
    """

    configured: bool
    reachable: bool | None
    error: str | None
    queued: int
    oldest_seconds: float
