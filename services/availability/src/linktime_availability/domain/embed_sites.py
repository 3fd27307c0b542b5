"""Sites that may show a host's pages in a frame: origins, each in one spelling.

They become sources of a Content-Security-Policy, so a name has only the characters of one.
"""

import re

from linktime_common import urls

MOST_SITE_CHARACTERS = 300
NOT_A_SITE = "Write a site as https://www.example.com, without a path"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Parsers read a name whose last label begins with a digit as an address.
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]){_LABEL}")
_USUAL_PORTS = {"https": 443, "http": 80}
_LOCALHOST = "localhost"


class NotASite(ValueError):
    """The message is shown to the host."""


def canonical_site(text: str) -> str:
    """Return the origin in lower case and Punycode, without the usual port; raises NotASite.

    Plain http is for development, on localhost only.
    """
    try:
        parts, url = urls.parse(text)
    except (urls.InvalidUrl, UnicodeError) as error:
        raise NotASite(NOT_A_SITE) from error
    host, port = (url.raw_host or "").lower(), url.port
    if parts.path not in {"", "/"} or any(mark in text for mark in "?#@"):
        raise NotASite(NOT_A_SITE)
    if len(host) > urls.MOST_HOST_CHARACTERS or not _NAME.fullmatch(host) or not port:
        raise NotASite(NOT_A_SITE)
    if url.scheme != "https" and (url.scheme, host) != ("http", _LOCALHOST):
        raise NotASite("Must begin with https://; http:// is for localhost only")
    return f"{url.scheme}://{host}" + ("" if port == _USUAL_PORTS[url.scheme] else f":{port}")
