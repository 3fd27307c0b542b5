"""ETags, as `If-Match` needs them."""

import re

MOST_CHARACTERS = 500
PRINTABLE = re.compile(r"[\x20-\x7e]+")


def version_of(etag: str) -> str:
    """Return the version, empty if the text cannot be one.

    The mark of a weak ETag is left out: proxies that compress answers add it, and `If-Match`
    never matches with it.
    """
    text = etag.strip().removeprefix("W/")
    is_usable = len(text) <= MOST_CHARACTERS and PRINTABLE.fullmatch(text)
    return text if is_usable else ""
