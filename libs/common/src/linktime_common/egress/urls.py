"""The rules of URLs that users give: scheme, host and port, and one spelling of each."""

import re
from urllib.parse import quote, urlsplit

from yarl import URL

from linktime_common.egress.addresses import is_address

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
    """Requests cannot be sent to this URL; the message says why and does not quote it."""


class PlainHttpRefused(Exception):
    """The URL was saved while plain http was allowed, which it no longer is."""


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
