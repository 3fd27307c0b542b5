"""Conditional requests (RFC 9110 13.1.2)."""

from aiohttp import hdrs, web


def is_known(request: web.BaseRequest, tag: str) -> bool:
    """Return whether If-None-Match names `tag`, strong or weak, or is `*`.

    aiohttp's `if_none_match` is not used: it raises for some malformed values.
    """
    for value in request.headers.getall(hdrs.IF_NONE_MATCH, ()):
        for one in value.split(","):
            found = one.strip(" \t").removeprefix("W/")
            if found in {"*", f'"{tag}"'}:
                return True
    return False
