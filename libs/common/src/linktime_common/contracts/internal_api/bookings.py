"""Calls of the operator to bookings' internal port.

GET    /internal/mail                        → 200 MailState
POST   /internal/hosts/{id}/calendar-feed    → 201 MadeCalendarFeed; an earlier address ends
DELETE /internal/hosts/{id}/calendar-feed    → 200 RevokedCalendarFeed, also without an address
"""

from linktime_common.contracts.wire import Instant, WireModel


class MailState(WireModel):
    """Whether the mail server accepts the sender's mail now, and what waits for it.

    `reachable` is None without a configured server; `error` is a sentence without a full stop, and
    so is `waits_because`: why mails wait that were tried, if the operator has to repair it. Earlier
    versions do not send it.
    """

    configured: bool
    reachable: bool | None
    error: str | None
    queued: int
    oldest_seconds: float
    waits_because: str | None = None


class MadeCalendarFeed(WireModel):
    """`url` contains the secret, which is returned only once; None for a repeat. Never log it."""

    url: str | None
    created_at: Instant


class RevokedCalendarFeed(WireModel):
    """`revoked` is false if there was no address; earlier versions do not send it."""

    success: bool = True
    revoked: bool = True
