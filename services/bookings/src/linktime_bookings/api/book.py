"""Book a slot: as the host with an API key, or as an invitee without one."""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from aiohttp import web
from aiohttp.hdrs import ACCEPT_LANGUAGE
from pydantic import BeforeValidator, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from linktime_bookings.api import invitees
from linktime_bookings.api.bookings import EXAMPLE as BOOKING
from linktime_bookings.api.bookings import TAG, BookingReply
from linktime_bookings.api.changes import WAIT_SECONDS, IgnoreRules
from linktime_bookings.api.expanding import ExpandQuery, IfExpanded, is_asked
from linktime_bookings.api.invitees import InviteesBookingReply
from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.answers import GivenAnswer
from linktime_bookings.domain.booking import Booking, Invitee
from linktime_bookings.domain.errors import EventTypeNotFound, InvalidAnswers, SlotTaken
from linktime_bookings.domain.links import Linked, Links
from linktime_bookings.use_cases.book_slot import BOOKING as BOOKING_ID
from linktime_bookings.use_cases.book_slot import BookSlot, book_slot
from linktime_bookings.use_cases.holding import RESERVATION
from linktime_common import languages
from linktime_common.caseless import lowercase_key
from linktime_common.contracts.wire import WireModel
from linktime_common.errors import InvalidRequest
from linktime_common.http import auth, bodies
from linktime_common.http.enumerations import any_case
from linktime_common.http.fields import (
    EmailAddress,
    HostsPhone,
    LanguageTag,
    Moment,
    Name,
    Note,
    OneLine,
    Phone,
    RequestModel,
    TimezoneName,
)
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.resources import below
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.ids import new_id, parse_id

REFUSED: Refusals = {
    EventTypeNotFound: "No such event type, or it takes no bookings",
    SlotTaken: "The time is taken, or outside the event type's rules",
}
InviteesSource = Literal["page", "embed"]
ShortText = Annotated[str, StringConstraints(max_length=200), OneLine]


def _read_box(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


class SentAnswer(RequestModel):
    """One answer; a checkbox may be sent as true or false."""

    question_id: ShortText
    value: Annotated[Note, BeforeValidator(_read_box)]


class _SlotRequest(RequestModel):
    start_time: Moment
    invitee_name: Name
    invitee_email: EmailAddress
    invitee_timezone: TimezoneName
    invitee_phone: HostsPhone | None = None
    notes: Note | None = None
    answers: Annotated[list[SentAnswer], Field(max_length=50)] | None = None
    invitee_locale: LanguageTag | None = Field(
        None,
        description=(
            "Language of the mails to the invitee: en, de, es, fr or ar; any other is the same as "
            "null. A region is ignored."
        ),
    )

    def invitee(self, *, accept_language: str = "") -> Invitee:
        """Return the invitee's details; the header counts only without `inviteeLocale`."""
        locale = (
            languages.preferred(accept_language)
            if self.invitee_locale is None
            else languages.language_of(self.invitee_locale)
        )
        return Invitee(
            name=self.invitee_name,
            email=self.invitee_email,
            timezone=self.invitee_timezone,
            phone=self.invitee_phone,
            notes=self.notes,
            locale=locale,
        )

    def given_answers(self) -> list[GivenAnswer]:
        """Return the answers as sent."""
        return [GivenAnswer(sent.question_id, sent.value) for sent in self.answers or ()]


class BookRequest(_SlotRequest):
    event_type_slug: ShortText
    invitee_phone: Phone | None = None  # the caller is the host
    ignore_rules: IgnoreRules = False


class PublicBookRequest(_SlotRequest):
    event_type_id: ShortText
    source: Annotated[InviteesSource, any_case(get_args(InviteesSource))] = Field(
        "page", description="embed if the page with the form is shown in a frame"
    )


class BookedReply(WireModel):
    booking_id: UUID
    booking: BookingReply | SkipJsonSchema[None] = IfExpanded


class BookedByInviteeReply(WireModel):
    """`manage_url` is the invitee's signed link, which allows reading and changing the booking."""

    booking_id: UUID
    manage_url: str
    booking: InviteesBookingReply | SkipJsonSchema[None] = IfExpanded


REQUEST: dict[str, Any] = {
    "startTime": "2026-03-01T14:00:00.000Z",
    "inviteeName": BOOKING.invitee_name,
    "inviteeEmail": BOOKING.invitee_email,
    "inviteeTimezone": BOOKING.invitee_timezone,
    "notes": BOOKING.notes,
    "inviteePhone": BOOKING.invitee_phone,
    "answers": [{"questionId": "topic", "value": "Prices"}],
}
MANAGE_URL = "https://linktime.example/manage/link-1.AZdfPo98elKcHluPDTpuIgGQpbJ8Pn1P"


@Operation(
    summary="Book a slot of one of your event types",
    description="The event `booking.created` follows. The invitee becomes a contact.",
    tag=TAG,
    query=ExpandQuery,
    body=BookRequest,
    body_example={"eventTypeSlug": BOOKING.event_type.slug} | REQUEST,
    reply=BookedReply(booking_id=BOOKING.id),
    status=201,
    errors=REFUSED,
    idempotent=True,
    seconds=WAIT_SECONDS,
    location=below("bookingId"),
)
async def post_booking(request: web.Request) -> web.Response:
    body = await bodies.read(request, BookRequest)
    command = BookSlot(
        host_id=auth.user_id(request),
        event_type_slug=body.event_type_slug,
        starts_at=body.start_time,
        invitee=body.invitee(),
        answers=body.given_answers(),
        source="api",
        by="host",
        ignore_rules=body.ignore_rules,
    )
    return await _write(request, command, partial(_booked, expands=is_asked(request)))


def _for_invitee(_path: str, body: Mapping[str, Any]) -> str:
    token = body["manageUrl"].rpartition("/")[2]
    return f"/api/public/bookings/{token}"


@Operation(
    summary="Book a slot as an invitee",
    description=(
        "Rules and effects are those of booking with a key; the event type is given by id. Without "
        "`inviteeLocale` the language of mails is taken from `Accept-Language`."
    ),
    tag=invitees.TAG,
    query=ExpandQuery,
    body=PublicBookRequest,
    body_example={"eventTypeId": str(BOOKING.event_type.id)} | REQUEST,
    reply=BookedByInviteeReply(booking_id=BOOKING.id, manage_url=MANAGE_URL),
    status=201,
    errors=REFUSED,
    idempotent=True,
    seconds=WAIT_SECONDS,
    location=_for_invitee,
)
async def post_public_booking(request: web.Request) -> web.Response:
    body = await bodies.read(request, PublicBookRequest)
    event_type_id = parse_id(body.event_type_id)
    if event_type_id is None:
        raise EventTypeNotFound
    command = BookSlot(
        event_type_id=event_type_id,
        starts_at=body.start_time,
        invitee=body.invitee(accept_language=request.headers.get(ACCEPT_LANGUAGE, "")),
        answers=body.given_answers(),
        source=body.source,
        by="invitee",
    )
    links = request.app[DEPS].links
    render = partial(_booked_by_invitee, links, expands=is_asked(request))
    scope = _scope_of_invitee(event_type_id, body.invitee_email)
    return await _write(request, command, render, scope=scope)


def _scope_of_invitee(event_type_id: UUID, email: str) -> str:
    """Return the scope of an invitee's keys; an erasure could not find the address in it."""
    named = f"{event_type_id} {lowercase_key(email)}"
    return f"event type {event_type_id} {hashlib.sha256(named.encode()).hexdigest()}"


async def _write(
    request: web.Request,
    command: BookSlot,
    render: Callable[[Booking], WriteReply],
    *,
    scope: str | None = None,
) -> web.Response:
    deps = request.app[DEPS]
    return await write(
        request,
        deps.database,
        partial(_book, command, deps),
        render,
        scope=scope,
        seconds=deps.request_deadline_seconds,
        memory={BOOKING_ID: str(new_id()), RESERVATION: str(new_id())},
    )


async def _book(command: BookSlot, deps: Deps, attempt: WriteAttempt[Booking]) -> Booking:
    try:
        return await book_slot(command, deps, attempt)
    except InvalidAnswers as refused:
        raise InvalidRequest(refused.problems) from refused


def _booked(booking: Booking, *, expands: bool) -> WriteReply:
    view = BookingReply.of(booking) if expands else None
    return answer(BookedReply(booking_id=booking.id, booking=view), 201)


def _booked_by_invitee(links: Links, booking: Booking, *, expands: bool) -> WriteReply:
    url = links.url(Linked(booking.id, booking.host.id))
    view = InviteesBookingReply.seen(booking) if expands else None
    reply = BookedByInviteeReply(booking_id=booking.id, manage_url=url, booking=view)
    return answer(reply, 201)
