"""What a request target means, decided before anything is looked up by it.

The routes are matched against the decoded path, and the service behind gets the path as it was
sent. The two must mean the same, so whatever could be read in two ways is refused.
"""

import re
from urllib.parse import unquote_to_bytes

from linktime_gateway.domain.errors import PathRefused

# Nothing to decode and no segment that begins with a dot: most paths end here.
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED_SLASH = re.compile(r"%2[fF]")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\#]")
# Nothing between two slashes, or behind the last, but for the one slash too many.
_SLASHES = re.compile(r"/?(?P<rest>/[^/]+(?:/[^/]+)*)?/?")
_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


def origin_form(target: str) -> str:
    """`/path?query` of a request target; one with scheme and host, which HTTP allows, loses them.

    Raises PathRefused for what is not ASCII.
    """
    if not target.isascii():
        raise PathRefused
    if not target.startswith("/") and (origin := _ORIGIN.match(target)):
        target = target[origin.end() :]
        return target if target.startswith("/") else f"/{target}"
    return target


def as_meant(target: str, root: str) -> str:
    """The target as somebody meant it who configured `root` with a slash at its end.

    One slash too many behind the root, and one at the end, are left out. Every other target stays
    as it is, for `normalise` to refuse what it refuses.
    """
    if not target.startswith(f"{root}/"):
        return target
    path, mark, query = target.partition("?")
    found = _SLASHES.fullmatch(path, len(root))
    return target if found is None else root + (found["rest"] or "") + mark + query


def normalise(raw_path: str) -> str:
    """The path that `raw_path` (ASCII, without query) names, decoded once.

    Raises PathRefused for dot segments, empty segments, encoded slashes, backslashes, control
    characters, broken escapes and what is not UTF-8.
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
