"""Publishing again for the operator. See contracts.internal_api.outbox."""

from datetime import timedelta

from aiohttp import web

from linktime_common.contracts.internal_api.outbox import RepublishDays, RepublishedCount
from linktime_common.http import bodies
from linktime_common.http.routes import Route, post
from linktime_common.identity import CallerKind
from linktime_common.messaging.republishing import republish
from linktime_common.postgres import Database


def republishing_routes(database: Database) -> list[Route]:
    """Return the route on the internal port of a service that publishes events."""

    async def publish_again(request: web.Request) -> web.Response:
        wanted = await bodies.read(request, RepublishDays)
        count = await republish(database, timedelta(days=wanted.days))
        return bodies.reply(RepublishedCount(count=count))

    return [post("/internal/outbox/republish", publish_again, CallerKind.OPERATOR)]
