"""A subscriber's endpoint, and the rules of its URL and events."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

from yarl import URL

from linktime_common import urls
from linktime_common.urls import is_address

PUBLIC_EVENTS = (
    "booking.created",
    "booking.cancelled",
    "booking.rescheduled",
    "payment.received",
    "contact.created",
)
MOST_ENDPOINTS = 20
MOST_URL_CHARACTERS = 2048
LOWEST_FREE_PORT = 1024

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
    try:
        return _canonical_url(text, allow_http=allow_http)
    except urls.InvalidUrl as error:
        raise UrlRefused(str(error)) from error


def _canonical_url(text: str, *, allow_http: bool) -> URL:
    parts, url = urls.parse(text)
    host, port = url.raw_host or "", url.port
    try:
        path, query = quote(parts.path or "/", safe=_KEPT), quote(parts.query, safe=_KEPT)
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise UrlRefused("Not a valid URL") from error
    if url.scheme not in (("https", "http") if allow_http else ("https",)) or not host:
        schemes = "https:// or http://" if allow_http else "https://"
        raise UrlRefused(f"The URL must begin with {schemes}")
    if "@" in parts.netloc or "#" in text:
        raise UrlRefused("The URL must not carry a user name, a password or a fragment")
    usual = {"https": 443, "http": 80}[url.scheme]
    if port is None or (port != usual and port < LOWEST_FREE_PORT):
        raise UrlRefused(f"The port must be {usual} or {LOWEST_FREE_PORT} and above")
    urls.check_host(parts, url)
    if host.endswith("."):  # only some programs count the dot as part of the name
        raise UrlRefused("Not a valid host name")
    if is_address(host) and not parts.netloc.isascii():
        raise UrlRefused("Write the address in its usual spelling, such as 203.0.113.7")
    authority = _authority(host) + ("" if port == usual else f":{port}")
    called = f"{url.scheme}://{authority}{path}" + (f"?{query}" if query else "")
    if len(called) > MOST_URL_CHARACTERS:
        raise UrlRefused(f"The URL is longer than {MOST_URL_CHARACTERS} characters when encoded")
    return URL(called, encoded=True)


def _authority(host: str) -> str:
    return f"[{host}]" if ":" in host else host
