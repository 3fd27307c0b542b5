"""Routes of the pages for invitees, which are looked for where no other route matches."""

import re
from collections.abc import Iterable, Mapping

from linktime_common.contracts.usernames import RESERVED_USERNAMES
from linktime_gateway.domain.route_table import Forward, RouteTable

HOST = "/{username}"
_USERNAME = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class PageTable:
    """Finds the routes of pages; those of a host only where its names are allowed ones."""

    def __init__(self, routes: Iterable[Forward]) -> None:
        self._routes = RouteTable(routes)

    def methods_at(self, path: str) -> Mapping[str, Forward] | None:
        """Return the routes at `path` by method, or None."""
        methods = self._routes.methods_at(path)
        if methods is None or not methods["GET"].path.startswith(HOST):
            return methods
        return methods if _names_a_host(path) else None


def _names_a_host(path: str) -> bool:
    username, *slugs = path[1:].removesuffix("/").lower().split("/")
    if username in RESERVED_USERNAMES or not _USERNAME.fullmatch(username):
        return False
    return all(_SLUG.fullmatch(slug) for slug in slugs)
