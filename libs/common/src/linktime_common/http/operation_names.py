"""Names of operations in the OpenAPI document, such as `listBookings`.

They become names of functions in generated clients, so they are derived from method and path alone
and stay as long as the path does.
"""

import re

_PREFIX = re.compile(r"^/(?:api/v1|dashboard/api|api/(?P<scope>public|ingest)|api)/")
_VERBS = {"POST": "create", "PATCH": "update", "PUT": "set", "DELETE": "delete"}


def operation_name(method: str, path: str, *, is_list: bool) -> str:
    """Return the name of the operation of a method and path."""
    scope = _scope(path)
    segments = _PREFIX.sub("", path).split("/")
    nouns = [one for one in segments if not one.startswith("{")]
    *parents, last = nouns
    if method == "GET":
        return _get(scope, parents, last, of_one=_is_one(segments), is_list=is_list)
    if scope == "ingest":
        return _camel("ingest", *parents, _one_of(last))
    of = [_one_of(one) for one in parents]
    if method == "POST" and parents and not _is_plural(last):  # the last segment is the verb
        return _camel(last, scope, *of)
    is_one = method == "POST" or _is_one(segments)
    return _camel(_VERBS[method], scope, *of, _one_of(last) if is_one else last)


def _scope(path: str) -> str:
    """Return `public` or `ingest`, or nothing for hosts."""
    found = _PREFIX.match(path)
    if found is not None and found["scope"]:
        return str(found["scope"])
    return "" if path.startswith(("/api/v1/", "/dashboard/")) else "public"


def _get(scope: str, parents: list[str], last: str, *, of_one: bool, is_list: bool) -> str:
    of = [_one_of(one) for one in parents]
    if of_one:
        return _camel("get", scope, *of, _one_of(last))
    verb = "list" if is_list or _is_plural(last) else "get"
    return _camel(verb, scope, *of, last)


def _is_one(segments: list[str]) -> bool:
    return segments[-1].startswith("{")


def _is_plural(word: str) -> bool:
    return word.endswith("s")


def _one_of(word: str) -> str:
    """Return a plural as its singular: `deliveries` as `delivery`."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s")


def _camel(*words: str) -> str:
    first, *rest = [part for word in words for part in word.split("-") if part]
    return first + "".join(part.capitalize() for part in rest)
