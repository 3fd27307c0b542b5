"""A subscriber's endpoint, and the rules of its URL and events."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from yarl import URL

PUBLIC_EVENTS = (
    "booking.created",
    "booking.cancelled",
    "booking.rescheduled",
    "payment.received",
    "contact.created",
)
MOST_ENDPOINTS = 20
MOST_URL_CHARACTERS = 2048
MOST_HOST_CHARACTERS = 253
LOWEST_FREE_PORT = 1024


class UrlRefused(ValueError):
    """The URL is not one that deliveries can go to; the message says why."""


class EndpointState(StrEnum):
    """What its owner should know at a glance."""

    ACTIVE = "active"
    FAILING = "failing"  # nothing has got through since `failing_since`
    PAUSED = "paused"  # the receiver asked for a pause
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`sealed_headers` are the custom headers; `paused_until` is set while the pause lasts."""

    id: UUID
    owner_id: UUID
    url: str
    events: tuple[str, ...]
    description: str
    sealed_headers: bytes | None
    rate_per_second: int | None
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    paused_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> EndpointState:
        """Disabled before paused before failing: what has to be done about it first."""
        if self.disabled_at is not None:
            return EndpointState.DISABLED
        if self.paused_until is not None:
            return EndpointState.PAUSED
        if self.failing_since is not None:
            return EndpointState.FAILING
        return EndpointState.ACTIVE


def canonical_url(text: str, *, allow_http: bool) -> URL:
    """The URL as it will be called; raises UrlRefused."""
    if len(text) > MOST_URL_CHARACTERS:
        raise UrlRefused(f"The URL is longer than {MOST_URL_CHARACTERS} characters")
    try:
        url = URL(text)
        port = url.port
    except ValueError as error:
        raise UrlRefused("Not a valid URL") from error
    schemes = ("https", "http") if allow_http else ("https",)
    if url.scheme not in schemes or not url.host:
        raise UrlRefused("The URL must begin with https://")
    if url.user is not None or url.password is not None or "#" in text:
        raise UrlRefused("The URL must not carry a user name, a password or a fragment")
    if len(url.host) > MOST_HOST_CHARACTERS:
        raise UrlRefused("The host name is too long")
    usual = {"https": 443, "http": 80}[url.scheme]
    if port is None or (port != usual and port < LOWEST_FREE_PORT):
        raise UrlRefused(f"The port must be {usual} or {LOWEST_FREE_PORT} and above")
    return url
