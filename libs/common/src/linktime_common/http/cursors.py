"""Lists that are read with `cursor` or `page`: the parameters, the cursor and the response.

A cursor is the position of a page's last row, and a checksum of it with the owner and the filters.
The checksum finds altered and foreign cursors; it is no secret, because a position gives access to
nothing: statements name the owner.
"""

import binascii
import hashlib
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field, WithJsonSchema

from linktime_common.http.bodies import invalid, list_body, offset, reply_json
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import QueryMoment
from linktime_common.http.models import MOST_PAGE, Pages, Paging
from linktime_common.keyset import Order, Position

FOREIGN = "Expected the nextCursor of this list, with the same filters and order"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CONTENT = struct.Struct(">qq16s")
_CHECKSUM_BYTES = 12


MOST_CURSOR_CHARACTERS = 100


class CursorPages(Pages):
    """`cursor` continues after the page that named it, instead of `page`."""

    cursor: Annotated[str | None, Field(max_length=MOST_CURSOR_CHARACTERS)] = None


class CursorPaging(Paging, CursorPages):
    """`cursor` continues a list after the page that had it as `nextCursor`."""

    order: Annotated[
        Order,
        any_case(Order),
        WithJsonSchema({"type": "string", "enum": list(Order)}),
        Field(description="`asc` is the reverse of `desc`"),
    ] = Order.DESC
    updated_since: Annotated[
        QueryMoment | None, Field(description="Only what has changed at this instant or later")
    ] = None
    cursor: Annotated[
        str | None,
        Field(
            max_length=MOST_CURSOR_CHARACTERS,
            description="`nextCursor` of the page before, with the same filters; without `page`",
        ),
    ] = None


class Cursor(NamedTuple):
    """The number of the page, counted from the first one read, and the position before it."""

    page: int
    position: Position


class Requested(NamedTuple):
    """The requested part of a list, for the statement that reads it."""

    page: int
    offset: int
    after: Position | None


def requested(query: CursorPaging, owner_id: UUID) -> Requested:
    """Return what `page` or `cursor` ask for; raises InvalidRequest for an unusable cursor."""
    return requested_of(query, owner_id, limit=query.limit)


def requested_of(query: CursorPages, owner_id: UUID, *, limit: int) -> Requested:
    """As `requested`, for pages whose length is not in the query."""
    if query.cursor is None:
        return Requested(query.page, offset(query.page, limit), None)
    if "page" in query.model_fields_set:
        raise invalid("cursor", "Send either page or cursor")
    cursor = _read(query.cursor, query, owner_id)
    if cursor is None:
        raise invalid("cursor", FOREIGN)
    return Requested(cursor.page, 0, cursor.position)


def reply_list(
    data: Sequence[BaseModel],
    query: CursorPaging,
    owner_id: UUID,
    *,
    page: int,
    total: int,
    last: Position | None,
) -> web.Response:
    """Return one page; `last` is the position of its last row if there are more."""
    following = following_cursor(query, owner_id, page=page, last=last)
    return reply_json(
        cursor_list_body(data, page=page, limit=query.limit, total=total, following=following)
    )


def following_cursor(
    query: CursorPages, owner_id: UUID, *, page: int, last: Position | None
) -> str | None:
    """Return the cursor of the page after this one, whose last row `last` is; None without it."""
    return None if last is None else _write(Cursor(page + 1, last), query, owner_id)


def cursor_list_body(
    data: Sequence[BaseModel], *, page: int, limit: int, total: int, following: str | None
) -> dict[str, object]:
    """Return the body of `reply_list`: as other lists, with `nextCursor`."""
    body = list_body(data, page=page, limit=limit, total=total)
    body["pagination"]["nextCursor"] = following
    return body


def _write(cursor: Cursor, query: CursorPages, owner_id: UUID) -> str:
    page, (at, row_id) = cursor
    content = _CONTENT.pack(min(page, MOST_PAGE), (at - _EPOCH) // _MICROSECOND, row_id.bytes)
    return _encoded(content + _checksum(content, query, owner_id))


def _read(text: str, query: CursorPages, owner_id: UUID) -> Cursor | None:
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    content, checksum = raw[: _CONTENT.size], raw[_CONTENT.size :]
    # One spelling only: decoding ignores other characters and unused bits.
    if _encoded(raw) != text or checksum != _checksum(content, query, owner_id):
        return None
    # Anyone can make the checksum, so the fields can have any value.
    page, microseconds, row_id = _CONTENT.unpack(content)
    if not 1 <= page <= MOST_PAGE:
        return None
    try:
        at = _EPOCH + microseconds * _MICROSECOND
    except OverflowError:
        return None
    return Cursor(page, Position(at, UUID(bytes=row_id)))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _checksum(content: bytes, query: CursorPages, owner_id: UUID) -> bytes:
    # Without defaults, so that cursors stay valid when a parameter is added to the list.
    fields = type(query).model_fields
    filters = [
        (name, value)
        for name, value in query
        if name not in {"page", "limit", "cursor"} and value != fields[name].default
    ]
    scope = f"{type(query).__name__} {owner_id} {filters}".encode()
    return hashlib.blake2b(content + scope, digest_size=_CHECKSUM_BYTES).digest()
