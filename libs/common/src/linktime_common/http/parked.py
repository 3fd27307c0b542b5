"""Dead-lettered messages for the operator: list, replay, drop.

See contracts.internal_api.parked.
"""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from linktime_common.contracts.internal_api.parked import (
    ParkedCount,
    ParkedMessage,
    ParkedMessages,
    ParkedSelection,
)
from linktime_common.http import bodies
from linktime_common.http.fields import Digits, QueryModel
from linktime_common.http.routes import Route, get, post
from linktime_common.identity import CallerKind
from linktime_common.messaging import parked
from linktime_common.messaging.broker import BrokerLink
from linktime_common.postgres import Database


class _Query(QueryModel):
    after: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 100


def parked_routes(database: Database, link: BrokerLink) -> list[Route]:
    """Return the three routes on the internal port of a service with a consumer."""

    async def list_them(request: web.Request) -> web.Response:
        query = bodies.read_query(request, _Query)
        async with database.connection() as connection:
            found = await parked.list_parked(connection, query.limit, query.after)
        return bodies.reply(ParkedMessages(data=[_shown(message) for message in found]))

    async def replay(request: web.Request) -> web.Response:
        chosen = await bodies.read(request, ParkedSelection)
        return bodies.reply(ParkedCount(count=await parked.replay(database, link, chosen.ids)))

    async def drop(request: web.Request) -> web.Response:
        chosen = await bodies.read(request, ParkedSelection)
        return bodies.reply(ParkedCount(count=await parked.drop(database, chosen.ids)))

    return [
        get("/internal/parked-messages", list_them, CallerKind.OPERATOR),
        post("/internal/parked-messages/replay", replay, CallerKind.OPERATOR),
        post("/internal/parked-messages/drop", drop, CallerKind.OPERATOR),
    ]


def _shown(message: parked.ParkedRow) -> ParkedMessage:
    return ParkedMessage(
        id=message.id,
        consumer=message.consumer,
        routing_key=message.routing_key,
        reason=message.reason,
        parked_at=message.parked_at,
    )
