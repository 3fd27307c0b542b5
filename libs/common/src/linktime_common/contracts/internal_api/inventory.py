"""Rows that the operator compares between services, and removes when their owner lacks them.

GET  /internal/inventory/{kind}?after=…&limit=…  → 200 InventoryPage, by id (operator); 404
POST /internal/inventory/{kind}/lookup           InventoryIds → 200 InventoryPage, those that exist
POST /internal/inventory/{kind}/remove           RowsToRemove → 200 RemovedRows; 404 of a kind
    whose rows are not removed

A row is removed by the service's own use case, and not if its version is another one than is given.
"""

from uuid import UUID

from pydantic import Field

from linktime_common.contracts.wire import WireModel

MOST_ROWS = 500


class InventoryRow(WireModel):
    """`about` is the row of another service that it belongs to; what does not apply is None."""

    id: UUID
    about: UUID | None = None
    version: int | None = None
    state: str | None = None


class InventoryPage(WireModel):
    data: list[InventoryRow]
    next_after: UUID | None = None  # None on the last page


class InventoryIds(WireModel):
    ids: list[UUID] = Field(max_length=MOST_ROWS)


class RowToRemove(WireModel):
    id: UUID
    version: int | None = None


class RowsToRemove(WireModel):
    rows: list[RowToRemove] = Field(max_length=MOST_ROWS)


class RemovedRows(WireModel):
    count: int
