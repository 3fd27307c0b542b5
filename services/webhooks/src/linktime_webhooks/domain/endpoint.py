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

# Parsers disagree about these: one reads as the path what another reads as the host.
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")
# Without the final dot, which only some count as part of the name.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# The characters of RFC 3986's path and query, and the brackets that many query strings have.
_KEPT = "/?:@!$&'()*+,;=-._~%[]"


class UrlRefused(ValueError):
    """Deliveries cannot be sent to this URL; the message says why."""


class PlainHttpRefused(Exception):
    """The URL was saved while plain http was allowed, which it no longer is."""


class EndpointState(StrEnum):
    """The state that an owner sees."""

    ACTIVE = "active"
    FAILING = "failing"  # no success since `failing_since`
    PAUSED = "paused"  # the receiver asked for a pause
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`sealed_headers`: the custom headers; `paused_until` and `breaker_until` are never past."""

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
        """Return disabled before paused before failing: the first needs action first."""
        if self.disabled_at is not None:
            return EndpointState.DISABLED
        if self.paused_until is not None:
            return EndpointState.PAUSED
        if self.failing_since is not None:
            return EndpointState.FAILING
        return EndpointState.ACTIVE

    @property
    def held_until(self) -> datetime | None:
        """Return until when only test events are sent, or None."""
        return max(filter(None, (self.paused_until, self.breaker_until)), default=None)


def canonical_url(text: str, *, allow_http: bool) -> URL:
    """Return the URL as it is requested; raises UrlRefused.

    Host and port are normalised; path and query stay as written, except for characters that cannot
    be sent.
    """
    if len(text) > MOST_URL_CHARACTERS:
        raise UrlRefused(f"The URL is longer than {MOST_URL_CHARACTERS} characters")
    if _NEVER_IN_A_URL.search(text):
        raise UrlRefused("The URL must not contain spaces, control characters or backslashes")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for non-ASCII digits, which other parsers read as a port
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
