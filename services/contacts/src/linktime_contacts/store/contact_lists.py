"""SQL of lists of contacts."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from linktime_common.caseless import caseless
from linktime_common.keyset import Order, Position, order_by, rows_after
from linktime_common.postgres import Connection
from linktime_contacts.store.contacts import COLUMNS, Listed, listed

_KEY = "created_at"

# The subquery needs only an index; rows and figures are read for the page alone.
_LIST = f"""
    SELECT {COLUMNS}, meeting_count, last_meeting_at
      FROM contacts
     CROSS JOIN LATERAL (
           SELECT count(*) AS meeting_count,
                  max(starts_at) FILTER (WHERE starts_at <= $4) AS last_meeting_at
             FROM meetings
            WHERE contact_id = contacts.id
              AND status = 'CONFIRMED'
           ) AS figures
     WHERE owner_id = $1
       AND id IN (
           SELECT id
             FROM {{wanted}}
            WHERE owner_id = $1 {{conditions}}
            ORDER BY {{order}}
            LIMIT $2
           OFFSET $3
           )
     ORDER BY {{order}}
"""  # noqa: S608 - the columns are a constant
# OFFSET 0: for a LIMIT the planner would walk through all contacts in their order instead of
# reading those that have changed.
_CHANGED = """(
               SELECT id, owner_id, created_at, search_key
                 FROM contacts
                WHERE owner_id = $1
                  AND updated_at >= {since}
               OFFSET 0
                 ) AS changed"""

COUNT = "SELECT contacts FROM contact_counts WHERE owner_id = $1"

TRIGRAM = 3


@dataclass(frozen=True, kw_only=True)
class ContactFilters:
    """`search` is a part of name, e-mail, phone or company, without wildcards."""

    search: str | None = None
    other_search: str | None = None  # another spelling that is found as well
    updated_since: datetime | None = None

    @property
    def has_trigrams(self) -> bool:
        """Whether the trigram index can serve the search."""
        return self.search is not None and len(caseless(self.search)) >= TRIGRAM

    def values(self) -> list[object]:
        """Return the parameters of statements with these filters, in their order."""
        patterns = [_containing(one) for one in (self.search, self.other_search) if one]
        return [*patterns, self.updated_since] if self.updated_since else list(patterns)


class ListedContacts(NamedTuple):
    """A page of a list, the total length of the list, and its last row if there are more."""

    contacts: list[Listed]
    total: int
    last: Position | None


async def list_page(
    connection: Connection,
    owner_id: UUID,
    *,
    filters: ContactFilters,
    order: Order,
    limit: int,
    offset: int,
    after_position: Position | None,
    now: datetime,
) -> ListedContacts:
    """Return a page of the owner's contacts by creation and id, `offset` rows after the
    position."""
    values = filters.values()
    rows = await connection.fetch(
        page_statement(filters, order, is_continued=after_position is not None),
        owner_id,
        limit + 1,  # one more shows whether there is another page
        offset,
        now,
        *values,
        *(after_position or ()),
    )
    total = await connection.fetchval(count_statement(filters), owner_id, *values) or 0
    found = [listed(row) for row in rows[:limit]]
    last = Position(found[-1][0].created_at, found[-1][0].id) if len(rows) > limit else None
    return ListedContacts(found, total, last)


def page_statement(filters: ContactFilters, order: Order, *, is_continued: bool) -> str:
    """Return the statement for the owner, limit, offset, now, the filters and position."""
    conditions = _found(filters, first=5)
    number = 5 + len(filters.values())
    if is_continued:
        conditions.append(f"AND {rows_after(_KEY, order, first=number)}")
    has_since = filters.updated_since is not None
    wanted = _CHANGED.format(since=f"${number - 1}") if has_since else "contacts"
    return _LIST.format(wanted=wanted, conditions=" ".join(conditions), order=order_by(_KEY, order))


def count_statement(filters: ContactFilters) -> str:
    """Return the statement for the owner and the filters."""
    conditions = _found(filters, first=2)
    if filters.updated_since is not None:
        conditions.append(f"AND updated_at >= ${1 + len(filters.values())}")
    if not conditions:
        return COUNT
    found = " ".join(conditions)
    return f"SELECT count(*) FROM contacts WHERE owner_id = $1 {found}"  # noqa: S608 - of constants


def _found(filters: ContactFilters, *, first: int) -> list[str]:
    """Return the condition of the search, whose parameters begin with the number `first`.

    The key contains the text without accents, too; a text with accents is searched without them. An
    array of both spellings could not use the index. Fewer than three characters contain no trigram:
    an index scan would read the whole index and then every row, and the expression prevents it.
    """
    if filters.search is None:
        return []
    searched = "search_key" if filters.has_trigrams else "search_key || ''"
    found = f"{searched} LIKE unaccented(${first})"
    if filters.other_search is not None:
        found = f"({found} OR {searched} LIKE unaccented(${first + 1}))"
    return [f"AND {found}"]


def _containing(search: str) -> str:
    escaped = caseless(search).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
