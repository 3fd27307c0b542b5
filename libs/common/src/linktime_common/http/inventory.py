"""Rows that the operator compares and removes. See contracts.internal_api.inventory."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.internal_api.inventory import (
    MOST_ROWS,
    InventoryIds,
    InventoryPage,
    RemovedRows,
    RowsToRemove,
)
from linktime_common.http import bodies
from linktime_common.http.fields import Digits, QueryModel
from linktime_common.http.routes import Route, get, post
from linktime_common.identity import CallerKind
from linktime_common.inventory import InventoryKind, remove_rows
from linktime_common.postgres import Database


class _InventoryQuery(QueryModel):
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS), Digits] = MOST_ROWS


def inventory_routes(database: Database, kinds: Mapping[str, InventoryKind]) -> list[Route]:
    """Return the three routes on the internal port of a service."""

    def kind_of(request: web.Request) -> InventoryKind:
        kind = kinds.get(request.match_info["kind"])
        if kind is None:
            raise web.HTTPNotFound
        return kind

    async def list_them(request: web.Request) -> web.Response:
        kind, query = kind_of(request), bodies.read_query(request, _InventoryQuery)
        async with database.connection() as connection:
            found = await kind.list_after(connection, after=query.after, limit=query.limit + 1)
        listed = found[: query.limit]
        more = len(found) > query.limit
        return bodies.reply(InventoryPage(data=listed, next_after=listed[-1].id if more else None))

    async def look_up(request: web.Request) -> web.Response:
        kind, wanted = kind_of(request), await bodies.read(request, InventoryIds)
        async with database.connection() as connection:
            found = await kind.find(connection, wanted.ids)
        return bodies.reply(InventoryPage(data=found))

    async def remove(request: web.Request) -> web.Response:
        kind, chosen = kind_of(request), await bodies.read(request, RowsToRemove)
        if kind.remove is None:
            raise web.HTTPNotFound
        return bodies.reply(
            RemovedRows(count=await remove_rows(database, kind.remove, chosen.rows))
        )

    return [
        get("/internal/inventory/{kind}", list_them, CallerKind.OPERATOR),
        post("/internal/inventory/{kind}/lookup", look_up, CallerKind.OPERATOR),
        post("/internal/inventory/{kind}/remove", remove, CallerKind.OPERATOR),
    ]
