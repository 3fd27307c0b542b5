"""Which URLs of requests are valid."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from yarl import URL

MOST_HOST_CHARACTERS = 253

# Parsers disagree about these: one reads as the path what another reads as the host.
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class InvalidUrl(ValueError):
    """The message says why."""


def parse(text: str) -> tuple[SplitResult, URL]:
    """Return the URL as two parsers read it; raises InvalidUrl, also if one of them refuses it."""
    if _NEVER_IN_A_URL.search(text):
        raise InvalidUrl("The URL must not contain spaces, control characters or backslashes")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for non-ASCII digits, which other parsers read as a port
        url = URL(text)
        _ = url.raw_host, url.port
    except ValueError as error:
        raise InvalidUrl("Not a valid URL") from error
    return parts, url


def check_host(parts: SplitResult, url: URL) -> None:
    """Raise InvalidUrl unless the host is a name, in any script, or an IP address."""
    host = url.raw_host or ""
    if "[" in parts.netloc and not is_address(host):
        raise InvalidUrl("Not a valid host: only an IPv6 address belongs in brackets")
    if is_address(host) and "%" not in host:
        return
    if len(host) > MOST_HOST_CHARACTERS:
        raise InvalidUrl("The host name is too long")
    if not _HOST_NAME.fullmatch(host.removesuffix(".")):
        raise InvalidUrl("Not a valid host name")


def is_address(text: str) -> bool:
    """Return whether it is an IP address in its usual spelling, not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
