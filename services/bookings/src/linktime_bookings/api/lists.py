"""The list of a host's bookings, with its filters."""

from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from linktime_bookings.api.bookings import EXAMPLE, TAG, BookingReply
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.store import booking_lists
from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.http import auth, bodies, cursors
from linktime_common.http.cursors import CursorPaging
from linktime_common.http.enumerations import match
from linktime_common.http.fields import QueryEmail
from linktime_common.http.operations import Operation
from linktime_common.http.spans import Spanned
from linktime_common.redaction import ERASED_EMAIL


def _read_status(value: str) -> BookingStatus | None:
    wanted = match(value, ("all", *BookingStatus))
    if wanted == "all":
        return None
    if wanted is None:
        raise PydanticCustomError("status", "Must be one of: CONFIRMED, CANCELLED, all")
    return BookingStatus(wanted)


class ListQuery(CursorPaging, Spanned):
    """`from` and `to` filter by the start time; all filters together select."""

    status: Annotated[
        BookingStatus | None,
        PlainValidator(
            _read_status, json_schema_input_type=Literal["CONFIRMED", "CANCELLED", "all"]
        ),
        Field(json_schema_extra={"default": "all"}),
    ] = None
    event_type_id: Annotated[UUID | None, Field(description="Of this event type")] = None
    invitee_email: Annotated[
        QueryEmail | None,
        Field(description="Of the invitee with this address, in any letter case"),
    ] = None
    contact_id: Annotated[
        UUID | None,
        Field(description="Of the invitee with a present address of this contact"),
    ] = None


@Operation(
    summary="List bookings, newest start first",
    description=(
        "`from` and `to` filter by the start time. `from` is included; `to` is excluded as an "
        "instant and included as a bare date, which is a UTC day. `cursor` continues after the "
        "page before: no booking is listed twice or left out while others are made or cancelled."
    ),
    tag=TAG,
    query=ListQuery,
    page_of=EXAMPLE,
)
async def list_bookings(request: web.Request) -> web.Response:
    query, host_id = bodies.read_query(request, ListQuery), auth.user_id(request)
    deps = request.app[DEPS]
    wanted = cursors.requested(query, host_id)
    since, until = query.span()
    filters = booking_lists.BookingFilters(
        status=query.status,
        event_type_id=query.event_type_id,
        updated_since=query.updated_since,
        invitee_emails=await _emails(query, host_id, deps),
        since=since,
        until=until,
    )
    async with deps.database.connection() as connection:
        page = await booking_lists.page(
            connection,
            host_id=host_id,
            filters=filters,
            order=query.order,
            limit=query.limit,
            offset=wanted.offset,
            after_position=wanted.after,
        )
    replies = [BookingReply.of(booking) for booking in page.bookings]
    return cursors.reply_list(
        replies, query, host_id, page=wanted.page, total=page.total, last=page.last
    )


async def _emails(query: ListQuery, host_id: UUID, deps: Deps) -> list[str] | None:
    """Return the keys of the wanted invitee's address; none of them if nobody can match."""
    keys = None if query.invitee_email is None else {lowercase_key(query.invitee_email)}
    if query.contact_id is not None:
        emails = await deps.contacts.emails_of(owner_id=host_id, contact_id=query.contact_id)
        of_contact = set(map(lowercase_key, emails))
        keys = of_contact if keys is None else keys & of_contact
    # Erased persons share one address, so nobody's bookings are found by it.
    return None if keys is None else list(keys - {ERASED_EMAIL})
