"""A subscriber's endpoint, and the rules of its URL and events."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, urlsplit
from uuid import UUID

from yarl import URL

from linktime_webhooks.domain.addresses import is_address

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

# Parsers disagree about these: what one takes for the path is the host to another.
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")
# Without the dot at the end, which some take for part of the name and others do not.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# What RFC 3986 lets stand in a path or query, and the brackets that many query strings carry.
_KEPT = "/?:@!$&'()*+,;=-._~%[]"


class UrlRefused(ValueError):
    """The URL is not one that deliveries can go to; the message says why."""


class PlainHttpRefused(Exception):
    """The URL was saved while plain http was allowed, and it is not any more."""


class EndpointState(StrEnum):
    """What its owner should know at a glance."""

    ACTIVE = "active"
    FAILING = "failing"  # nothing has got through since `failing_since`
    PAUSED = "paused"  # the receiver asked for a pause
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`sealed_headers` are the custom headers; `paused_until` and `breaker_until` are set while the
    receiver's pause and that of the breaker last."""

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
    breaker_until: datetime | None
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

    @property
    def held_until(self) -> datetime | None:
        """Nothing but test events is sent before."""
        return max(filter(None, (self.paused_until, self.breaker_until)), default=None)


def canonical_url(text: str, *, allow_http: bool) -> URL:
    """The URL as it will be called; raises UrlRefused.

    Host and port get their one spelling; path and query stay as the owner wrote them, but for
    characters that cannot be sent.
    """
    if len(text) > MOST_URL_CHARACTERS:
        raise UrlRefused(f"The URL is longer than {MOST_URL_CHARACTERS} characters")
    if _NEVER_IN_A_URL.search(text):
        raise UrlRefused("The URL must not contain spaces, control characters or backslashes")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is not digits of ASCII, which others read as a port
        url = URL(text)
        host, port = url.raw_host or "", url.port
        path, query = quote(parts.path or "/", safe=_KEPT), quote(parts.query, safe=_KEPT)
    except ValueError as error:
        raise UrlRefused("Not a valid URL") from error
    if url.scheme not in (("https", "http") if allow_http else ("https",)) or not host:
        schemes = "https:// or http://" if allow_http else "https://"
        raise UrlRefused(f"The URL must begin with {schemes}")
    if "@" in parts.netloc or "#" in text:
        raise UrlRefused("The URL must not carry a user name, a password or a fragment")
    usual = {"https": 443, "http": 80}[url.scheme]
    if port is None or (port != usual and port < LOWEST_FREE_PORT):
        raise UrlRefused(f"The port must be {usual} or {LOWEST_FREE_PORT} and above")
    if "[" in parts.netloc and not is_address(host):
        raise UrlRefused("Not a valid host: only an IPv6 address belongs in brackets")
    if is_address(host) and not parts.netloc.isascii():
        raise UrlRefused("Write the address in its usual spelling, such as 203.0.113.7")
    authority = _authority(host) + ("" if port == usual else f":{port}")
    called = f"{url.scheme}://{authority}{path}" + (f"?{query}" if query else "")
    if len(called) > MOST_URL_CHARACTERS:
        raise UrlRefused(f"The URL is longer than {MOST_URL_CHARACTERS} characters when encoded")
    return URL(called, encoded=True)


def _authority(host: str) -> str:
    if is_address(host) and "%" not in host:
        return f"[{host}]" if ":" in host else host
    if len(host) > MOST_HOST_CHARACTERS:
        raise UrlRefused("The host name is too long")
    if not _HOST_NAME.fullmatch(host):
        raise UrlRefused("Not a valid host name")
    return host
