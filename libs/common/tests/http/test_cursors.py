"""Cursors of lists: which are accepted, and where they continue."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from linktime_common.errors import InvalidRequest
from linktime_common.http.cursors import FOREIGN, CursorPaging, reply_list, requested
from linktime_common.http.spans import Spanned
from linktime_common.keyset import Order, Position

OWNER = uuid4()
LAST = Position(datetime(2026, 3, 1, 14, 0, 0, 123456, UTC), uuid4())


class Things(CursorPaging, Spanned):
    colour: str | None = None


class OtherThings(CursorPaging, Spanned):
    colour: str | None = None


def asked(**query: Any) -> Things:
    return Things.model_validate(query)


def next_cursor(query: CursorPaging, owner_id: UUID = OWNER, page: int = 1) -> str:
    response = reply_list([], query, owner_id, page=page, total=9, last=LAST)
    cursor: str = orjson.loads(bytes(response.body))["pagination"]["nextCursor"]  # type: ignore[arg-type]
    return cursor


FILTERS = {"colour": "red", "from": "2026-03-01", "to": "2026-03-02T10:00:00+02:00", "order": "ASC"}


def test_a_cursor_continues_after_the_last_row() -> None:
    """With the exact instant, the number of the next page, and any limit."""
    cursor = next_cursor(asked(**FILTERS), page=3)
    assert len(cursor) < 100
    found = requested(asked(**FILTERS, cursor=cursor, limit="7"), OWNER)
    assert found == (4, 0, LAST)


def test_the_spelling_of_filters_does_not_matter() -> None:
    """The same instant with another offset, and letter case of the order."""
    same = FILTERS | {"to": "2026-03-02T08:00:00Z", "order": "asc"}
    assert requested(asked(**same, cursor=next_cursor(asked(**FILTERS))), OWNER).after == LAST
    defaults = {"order": "desc"}
    assert requested(asked(**defaults, cursor=next_cursor(asked())), OWNER).after == LAST


@pytest.mark.parametrize(
    "other",
    [{"colour": "blue"}, {"colour": None}, {"order": "desc"}, {"from": "2026-03-02"}],
)
def test_a_cursor_belongs_to_its_filters(other: dict[str, Any]) -> None:
    """With others, the position would be one of another list."""
    query = {name: value for name, value in (FILTERS | other).items() if value is not None}
    refused(asked(**query, cursor=next_cursor(asked(**FILTERS))), OWNER)


def test_a_cursor_belongs_to_its_owner_and_list() -> None:
    """Also with the same filters."""
    cursor = next_cursor(asked())
    refused(asked(cursor=cursor), uuid4())
    refused(OtherThings.model_validate({"cursor": cursor}), OWNER)


def test_an_altered_cursor_is_refused() -> None:
    """Any other character at any place, any other length, and text that is no cursor."""
    cursor = next_cursor(asked())
    for place, character in enumerate(cursor):
        for other in "Az_-+= \u00e9\x00":
            if other != character:
                refused(asked(cursor=cursor[:place] + other + cursor[place + 1 :]), OWNER)
    for text in ("", "x", "AAAA", cursor[:-1], cursor + "A", cursor + "=", cursor[1:], "A" * 100):
        refused(asked(cursor=text), OWNER)


def test_cursor_and_page_exclude_each_other() -> None:
    """Both would say where the page begins."""
    with pytest.raises(InvalidRequest) as error:
        requested(asked(page="1", cursor=next_cursor(asked())), OWNER)
    assert error.value.details == {"cursor": "Send either page or cursor"}


def test_pages_are_numbered_as_before() -> None:
    """`page` alone skips rows, newest first by default."""
    assert requested(asked(page="3", limit="10"), OWNER) == (3, 20, None)
    assert asked().order is Order.DESC


def refused(query: CursorPaging, owner_id: UUID) -> None:
    with pytest.raises(InvalidRequest) as error:
        requested(query, owner_id)
    assert error.value.details == {"cursor": FOREIGN}
