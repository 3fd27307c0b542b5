"""Normalization of request targets before routing.

Routes are matched against the decoded path, and the service receives the path unchanged. Both must
have the same meaning, so ambiguous paths are refused.
"""

import re
from urllib.parse import unquote_to_bytes

from linktime_gateway.domain.errors import PathRefused

# Nothing to decode and no segment that starts with a dot: the common case.
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED_SLASH = re.compile(r"%2[fF]")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\#]")
# At most one extra slash before each segment, and at the end.
_SLASHES = re.compile(r"(?P<rest>(?://?[^/]+)+)/?|/?/?")
_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


def origin_form(target: str) -> str:
    """Return `/path?query` of a request target, without scheme and host.

    Raises PathRefused for a target that is not ASCII.
    """
    if not target.isascii():
        raise PathRefused
    if not target.startswith("/") and (origin := _ORIGIN.match(target)):
        target = target[origin.end() :]
        return target if target.startswith("/") else f"/{target}"
    return target


def without_extra_slashes(target: str, root: str) -> str:
    """Remove the extra slashes that a client with a trailing slash in its `root` sends.

    One extra slash before each segment and one at the end are removed. Other targets are returned
    unchanged; `normalise` refuses invalid ones.
    """
    if not target.startswith(f"{root}/"):
        return target
    path, mark, query = target.partition("?")
    found = _SLASHES.fullmatch(path, len(root))
    if found is None:
        return target
    return root + (found["rest"] or "").replace("//", "/") + mark + query


def normalise(raw_path: str) -> str:
    """Return `raw_path` (ASCII, without query), decoded once.

    Raises PathRefused for dot segments, empty segments, encoded slashes, backslashes, control
    characters, broken escapes and invalid UTF-8.
    """
    if _PLAIN.fullmatch(raw_path):
        return raw_path
    if _BROKEN_ESCAPE.search(raw_path) or _ESCAPED_SLASH.search(raw_path):
        raise PathRefused
    try:
        path = unquote_to_bytes(raw_path).decode()
    except UnicodeDecodeError as error:
        raise PathRefused from error
    if not path.startswith("/") or _FORBIDDEN.search(path):
        raise PathRefused
    *folders, last = path[1:].split("/")
    if not {"", ".", ".."}.isdisjoint(folders) or last in {".", ".."}:
        raise PathRefused
    return path
