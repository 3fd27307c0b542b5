"""Rebuild the projections of users and bookings, for the operator."""

from aiohttp import web

from linktime_availability.deps import DEPS
from linktime_availability.use_cases.restore_bookings import restore_bookings
from linktime_availability.use_cases.resync import resync
from linktime_common.contracts.internal_api.resync import Restore, Restored, Resync, Resynced
from linktime_common.http import bodies

MOST_ENTRIES = 500


async def post_resync(request: web.Request) -> web.Response:
    page = await bodies.read(request, Resync)
    if len(page.bookings) + len(page.users) > MOST_ENTRIES:
        raise bodies.invalid("body", f"At most {MOST_ENTRIES} entries at once")
    return bodies.reply(Resynced(applied=await resync(page, request.app[DEPS])))


async def post_restore(request: web.Request) -> web.Response:
    wanted = await bodies.read(request, Restore)
    refused = await restore_bookings(wanted.bookings, request.app[DEPS])
    return bodies.reply(Restored(refused=refused))
