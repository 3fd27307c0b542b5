"""Positions in lists that are ordered by an instant and then by id.

A page that continues after a position has neither a row twice nor lost while rows are added and
removed. `OFFSET` has both.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Order(StrEnum):
    """`asc` is exactly the reverse of `desc`, so that one index serves both."""

    ASC = "asc"
    DESC = "desc"


class Position(NamedTuple):
    """The instant and id of the row after which a page begins."""

    at: datetime
    id: UUID


def order_by(column: str, order: Order) -> str:
    """Return the `ORDER BY` of a list by `column`; of equal instants the lower id is the newer."""
    return f"{column} DESC, id" if order is Order.DESC else f"{column}, id DESC"


def rows_after(column: str, order: Order, *, first: int) -> str:
    """Return the condition for rows after a position, which is the parameters from `first` on.

    The first comparison alone bounds the index scan.
    """
    at, row_id = f"${first}", f"${first + 1}"
    further, of_equal = ("<", ">") if order is Order.DESC else (">", "<")
    return f"{column} {further}= {at} AND ({column} {further} {at} OR id {of_equal} {row_id}::uuid)"
