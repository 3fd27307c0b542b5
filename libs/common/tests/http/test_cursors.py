"""Cursors of lists: which are accepted, and where they continue."""

import struct
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from linktime_common.errors import InvalidRequest
from linktime_common.http.cursors import (
    FOREIGN,
    CursorPaging,
    _checksum,
    _encoded,
    reply_list,
    requested,
)
from linktime_common.http.models import MOST_PAGE
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


def next_cursor(
    query: CursorPaging, owner_id: UUID = OWNER, page: int = 1, last: Position = LAST
) -> str:
    response = reply_list([], query, owner_id, page=page, total=9, last=last)
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


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = (datetime.min.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def made_up(page: int, microseconds: int, row_id: bytes) -> str:
    """Return a cursor with these fields and a valid checksum, as any caller can make one."""
    content = struct.pack(">qq16s", page, microseconds, row_id)
    return _encoded(content + _checksum(content, asked(), OWNER))


@pytest.mark.parametrize("page", [-(2**63), -1, 0, MOST_PAGE + 1, 2**63 - 1])
def test_a_made_up_page_is_refused(page: int) -> None:
    refused(asked(cursor=made_up(page, 0, bytes(16))), OWNER)


@pytest.mark.parametrize(
    "microseconds", [-(2**63), -(2**62), EARLIEST - 1, LATEST + 1, 2**62, 2**63 - 1]
)
def test_a_made_up_instant_is_refused(microseconds: int) -> None:
    refused(asked(cursor=made_up(1, microseconds, bytes(16))), OWNER)


@pytest.mark.parametrize("page", [1, MOST_PAGE])
@pytest.mark.parametrize("microseconds", [EARLIEST, -1, 0, LATEST])
@pytest.mark.parametrize("row_id", [bytes(16), b"\xff" * 16])
def test_other_made_up_cursors_are_positions(page: int, microseconds: int, row_id: bytes) -> None:
    """The page after them has a cursor that can be read, too."""
    found = requested(asked(cursor=made_up(page, microseconds, row_id)), OWNER)
    assert found.after is not None
    assert found.after.id == UUID(bytes=row_id)
    following = next_cursor(asked(), page=found.page, last=found.after)
    assert requested(asked(cursor=following), OWNER).page == min(page + 1, MOST_PAGE)


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
