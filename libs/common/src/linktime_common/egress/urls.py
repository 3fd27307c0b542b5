"""The rules of URLs that users give: scheme, host and port, and one spelling of each."""

from urllib.parse import quote

from yarl import URL

from linktime_common import urls
from linktime_common.urls import is_address

MOST_URL_CHARACTERS = 2048
LOWEST_FREE_PORT = 1024

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
