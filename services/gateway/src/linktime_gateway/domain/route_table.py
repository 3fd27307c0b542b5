"""The route table: path patterns and a fast match."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from linktime_common.identity import CallerKind
from linktime_gateway.domain.limits import Limit

# Pages and operations for the links in mails about accounts, and the request of one.
PAGES = "/account/"
ACCOUNT_LINKS = (PAGES, "/dashboard/api/account/", "/dashboard/api/password/reset")
HOST_PAGES = ("/{username}", "/manage/", "/embed/")


@dataclass(frozen=True)
class Forward:
    """One public method and path (`{name}` matches one segment) and its service.

    `seconds` is the timeout of the whole request.
    """

    method: str
    path: str
    service: str
    caller_kind: CallerKind
    seconds: float

    @cached_property
    def serves_other_sites(self) -> bool:
        """Whether cross-origin requests are allowed, for booking pages and widgets."""
        return self.caller_kind is CallerKind.PUBLIC and self.path.startswith(
            ("/api/bookings", "/api/public/")
        )

    @cached_property
    def limit(self) -> Limit | None:
        """The rate limit of this route, or None."""
        if self.caller_kind is CallerKind.API_KEY:
            return Limit.API_KEY
        if self.caller_kind is CallerKind.SCIM_TOKEN:
            return Limit.SCIM
        if self.caller_kind is CallerKind.SESSION:
            return Limit.SESSION
        if self.serves_other_sites or self.path.startswith((*ACCOUNT_LINKS, *HOST_PAGES)):
            return Limit.PUBLIC_READS if self.method == "GET" else Limit.PUBLIC_BOOKINGS
        return None


class RouteTable:
    """Finds routes by decoded path; where two patterns match, a name beats a parameter."""

    def __init__(self, routes: Iterable[Forward]) -> None:
        """Raises ValueError for a duplicate method and path."""
        by_path: dict[str, dict[str, Forward]] = {}
        for route in routes:
            methods = by_path.setdefault(route.path, {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is declared twice")
            methods[route.method] = route
            if route.method == "GET":
                methods["HEAD"] = route
        self._exact = {path: methods for path, methods in by_path.items() if "{" not in path}
        patterns = sorted((path for path in by_path if "{" in path), key=_parameters)
        self._patterned = [by_path[path] for path in patterns]
        # One expression with a group for each pattern; the matched group identifies the route.
        self._any = re.compile("|".join(map(_pattern, patterns)))

    def methods_at(self, path: str) -> Mapping[str, Forward] | None:
        """Return the routes at `path` by method, or None."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        found = self._any.fullmatch(path)
        if found is None or found.lastindex is None:
            return None
        return self._patterned[found.lastindex - 1]


def _parameters(path: str) -> list[bool]:
    """Return which segments are parameters, so that `/a/b/{c}` sorts before `/a/{b}/{c}`."""
    return ["{" in segment for segment in path.split("/")]


def _pattern(path: str) -> str:
    parts = re.split(r"\{\w+\}", path)
    return f"({'[^/]+'.join(map(re.escape, parts))})"
