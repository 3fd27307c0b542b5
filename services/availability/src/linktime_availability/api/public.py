"""The public data of booking pages."""

from typing import Any, Self
from uuid import UUID

from aiohttp import web

from linktime_availability.api.brands import EXAMPLE as BRAND
from linktime_availability.api.brands import BrandBody
from linktime_availability.api.event_types import DETAIL, Price, booking_url
from linktime_availability.api.slots import EXAMPLE as SLOTS
from linktime_availability.api.slots import reply_slots
from linktime_availability.deps import DEPS
from linktime_availability.domain.brand import Brand
from linktime_availability.domain.errors import EventTypeNotFound, HostNotFound
from linktime_availability.domain.event_type import MOST_LISTED_AT_ONCE, EventType, Host, read_slug
from linktime_availability.store import brands, event_types
from linktime_availability.use_cases.find_host import find_open_host
from linktime_common.contracts.internal_api.availability import Question
from linktime_common.contracts.wire import WireModel
from linktime_common.http import bodies
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.slots_query import DATES_OF_BOTH_ENDS, SlotsQuery

TAG = "Public"
NOT_PUBLIC: Refusals = {EventTypeNotFound: "No such host or event type, or it takes no bookings"}


class PublicHost(WireModel):
    username: str
    name: str
    timezone: str


class PublicEventTypeItem(WireModel):
    """The public fields of an event type; bookings refer to its `id`."""

    id: UUID
    name: str
    slug: str
    description: str | None
    duration_minutes: int
    location: str | None
    price: Price | None = None
    booking_url: str

    @classmethod
    def of(cls, event_type: EventType, host: Host, public_url: str) -> Self:
        return cls(**_public_fields(event_type, host, public_url))


class PublicEventTypeDetail(PublicEventTypeItem):
    questions: list[Question]
    host: PublicHost
    brand: BrandBody

    @classmethod
    def branded(cls, event_type: EventType, host: Host, brand: Brand, public_url: str) -> Self:
        return cls(
            **_public_fields(event_type, host, public_url),
            questions=[Question.model_validate(question) for question in event_type.questions],
            host=PublicHost(username=host.username, name=host.name, timezone=host.timezone),
            brand=BrandBody.of(brand, host, public_url),
        )


class PublicHostPage(PublicHost):
    """A host with its active event types, oldest first."""

    brand: BrandBody
    event_types: list[PublicEventTypeItem]


def _public_fields(event_type: EventType, host: Host, public_url: str) -> dict[str, Any]:
    return {
        "id": event_type.id,
        "name": event_type.name,
        "slug": event_type.slug,
        "description": event_type.description,
        "duration_minutes": event_type.rules.duration_minutes,
        "location": event_type.location,
        "booking_url": booking_url(event_type, host, public_url),
    }


HOST = PublicHost(username="ada", name="Ada Host", timezone="Europe/Berlin")
ITEM = PublicEventTypeItem.model_validate(DETAIL.model_dump())


@Operation(
    name="getPublicHost",
    summary="Read a host's page: who it is and what can be booked",
    tag=TAG,
    reply=PublicHostPage(**HOST.model_dump(), brand=BRAND, event_types=[ITEM]),
    errors={HostNotFound: "No such host"},
    conditional=True,
    compressible=True,
)
async def get_host(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    host = await find_open_host(request.match_info["username"], deps)
    async with deps.database.connection() as connection:
        found = await event_types.list_active(
            connection, host_id=host.id, limit=MOST_LISTED_AT_ONCE
        )
        brand = await brands.find(connection, host.id)
    return bodies.reply(
        PublicHostPage(
            username=host.username,
            name=host.name,
            timezone=host.timezone,
            brand=BrandBody.of(brand, host, deps.public_url),
            event_types=[PublicEventTypeItem.of(one, host, deps.public_url) for one in found],
        )
    )


@Operation(
    name="getPublicEventType",
    summary="Read an event type as its invitees see it",
    tag=TAG,
    reply=PublicEventTypeDetail(
        **ITEM.model_dump(by_alias=False), questions=DETAIL.questions, host=HOST, brand=BRAND
    ),
    errors=NOT_PUBLIC,
    conditional=True,
    compressible=True,
)
async def get_event_type(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    host = await find_open_host(request.match_info["username"], deps)
    slug = read_slug(request.match_info["slug"])
    async with deps.database.connection() as connection:
        found = await event_types.find_active_by_slug(connection, host_id=host.id, slug=slug)
        brand = await brands.find(connection, host.id)
    if found is None:
        raise EventTypeNotFound
    return bodies.reply(PublicEventTypeDetail.branded(found, host, brand, deps.public_url))


@Operation(
    name="listPublicSlots",
    summary="List the free slots of a host's event type",
    description=DATES_OF_BOTH_ENDS,
    tag=TAG,
    query=SlotsQuery,
    reply=SLOTS,
    errors=NOT_PUBLIC,
    compressible=True,
)
async def get_slots(request: web.Request) -> web.Response:
    query = bodies.read_query(request, SlotsQuery)
    host = await find_open_host(request.match_info["username"], request.app[DEPS])
    return await reply_slots(request, query, host.id)
