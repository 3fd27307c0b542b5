"""Fakes of availability and contacts: the internal API over HTTP, with state in memory.

Both validate requests and identities, and can simulate network failures.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.events.bookings import BookedEventType, BookedHost
from linktime_common.contracts.internal_api.availability import (
    ExpiredReservation,
    ExpiredReservations,
    MoveSlotsRequest,
    Question,
    RefusedReservation,
    Reservation,
    ReserveRequest,
    Slot,
    Slots,
)
from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.http import bodies
from linktime_common.http.errors import error_reply, unavailable_reply
from linktime_common.http.models import Done
from linktime_common.http.routes import Route, get, post
from linktime_common.http.server import build_app
from linktime_common.identity import CallerKind, Key, Verifier
from linktime_common.ids import new_id
from linktime_local.testing.services import key_between

PAGE = 50


@dataclass
class EventType:
    """An event type of the fake."""

    host: BookedHost
    slug: str = "intro"
    name: str = "Intro call"
    minutes: int = 30
    buffer_before: int = 0
    buffer_after: int = 0
    location: str | None = "https://meet.example/intro"
    questions: list[Question] = field(default_factory=list)
    reminder_minutes: list[int] = field(default_factory=list)
    max_active_per_invitee: int | None = None
    change_notice_minutes: int | None = None
    archived: bool = False
    id: UUID = field(default_factory=new_id)

    def booked(self) -> BookedEventType:
        return BookedEventType(
            id=self.id, name=self.name, slug=self.slug, duration_minutes=self.minutes
        )


@dataclass
class Held:
    """One reservation; a freed one is a tombstone."""

    state: Literal["held", "confirmed", "freed"]
    body: ReserveRequest | None = None
    answer: Reservation | None = None
    expired: bool = False


def a_host(name: str = "Ada") -> BookedHost:
    return BookedHost(
        id=new_id(),
        name=name,
        email=f"{name.lower()}@host.example",
        username=name.lower(),
        timezone="Europe/Vienna",
    )


def _move(wanted: MoveSlotsRequest, start: datetime) -> ReserveRequest:
    return ReserveRequest(
        reservation_id=new_id(),
        booking_id=wanted.booking_id,
        host_id=wanted.host_id,
        event_type_id=wanted.event_type_id,
        start_time=start,
        reschedule_minutes=wanted.reschedule_minutes,
    )


class FakeAvailability:
    """Reserves every future start that does not overlap a live reservation of the host."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Be as at the start."""
        self.event_types: dict[UUID, EventType] = {}
        self.reservations: dict[UUID, Held] = {}
        self.calls: list[tuple[str, UUID]] = []
        self.grants_overlaps = False
        self.fails_settling = False  # confirm and free return 503
        self.replies_to_drop = 0  # reserve takes effect and returns 503
        self.next_refusals: list[str] = []  # rules
        self.nearest: list[datetime] = []  # of each refusal
        self.reply_gate: asyncio.Event | None = None  # reserve takes effect and waits
        self.now = lambda: datetime.now(UTC)

    def add(self, event_type: EventType) -> EventType:
        self.event_types[event_type.id] = event_type
        return event_type

    def in_state(self, state: str) -> set[UUID]:
        return {id_ for id_, held in self.reservations.items() if held.state == state}

    def expire(self, ids: Iterable[UUID] | None = None) -> None:
        for id_ in self.in_state("held") if ids is None else ids:
            self.reservations[id_].expired = True

    def routes(self) -> list[Route]:
        of_bookings = {"issuers": ("bookings",)}
        reservation = "/internal/reservations/{id}"
        return [
            post("/internal/reservations", self._reserve, CallerKind.SERVICE, **of_bookings),
            post(f"{reservation}/confirm", self._confirm, CallerKind.SERVICE, **of_bookings),
            post(f"{reservation}/free", self._free, CallerKind.SERVICE, **of_bookings),
            post("/internal/slots", self._slots, CallerKind.SERVICE, **of_bookings),
            get("/internal/reservations", self._list, CallerKind.SERVICE, **of_bookings),
        ]

    async def _reserve(self, request: web.Request) -> web.Response:
        sent = await bodies.read_json(request)
        body = ReserveRequest.model_validate(sent)
        assert set(sent) == set(body.model_dump()), "unknown fields"
        self.calls.append(("reserve", body.reservation_id))
        reply = self._decide(body)
        if self.reply_gate is not None:
            await self.reply_gate.wait()
        if self.replies_to_drop and reply.status == 200:
            self.replies_to_drop -= 1
            return unavailable_reply()
        return reply

    def _decide(self, body: ReserveRequest) -> web.Response:
        known = self.reservations.get(body.reservation_id)
        if known is not None:
            if known.state == "freed":
                return error_reply(410, "The reservation was freed")
            assert known.body == body, "id reused for another reservation"
            assert known.answer is not None
            return bodies.reply(known.answer)
        event_type = self._find(body)
        if event_type is None:
            return error_reply(404, "Event type not found")
        if rule := self._rule(body, event_type):
            refused = RefusedReservation(error="Refused", rule=rule, nearest=self.nearest)
            return bodies.reply(refused, status=409)
        minutes = body.reschedule_minutes or event_type.minutes
        end = body.start_time + timedelta(minutes=minutes)
        answer = Reservation(
            reservation_id=body.reservation_id,
            booking_id=body.booking_id,
            start_time=body.start_time,
            end_time=end,
            buffer_before=event_type.buffer_before,
            buffer_after=event_type.buffer_after,
            location=event_type.location,
            questions=event_type.questions,
            reminder_minutes=event_type.reminder_minutes,
            max_active_per_invitee=event_type.max_active_per_invitee,
            change_notice_minutes=event_type.change_notice_minutes,
            event_type=event_type.booked(),
            host=event_type.host,
        )
        self.reservations[body.reservation_id] = Held("held", body, answer)
        return bodies.reply(answer)

    async def _slots(self, request: web.Request) -> web.Response:
        """Every half hour of the first date, in UTC, at which `_rule` finds nothing."""
        if self.fails_settling:
            return unavailable_reply()
        wanted = await bodies.read(request, MoveSlotsRequest)
        event_type = self.event_types.get(wanted.event_type_id)
        if event_type is None or event_type.host.id != wanted.host_id:
            return error_reply(404, "Event type not found")
        midnight = datetime.combine(wanted.start_date, time(), UTC)
        starts = [midnight + number * timedelta(minutes=30) for number in range(48)]
        data = [
            Slot(
                date=start.date(),
                time=f"{start:%H:%M}",
                start_time=start,
                end_time=start + timedelta(minutes=wanted.reschedule_minutes),
            )
            for start in starts
            if self._rule(_move(wanted, start), event_type) is None
        ]
        booked = event_type.booked()
        return bodies.reply(Slots(data=data, event_type=booked, timezone=wanted.timezone))

    def _find(self, body: ReserveRequest) -> EventType | None:
        for event_type in self.event_types.values():
            is_named = event_type.id == body.event_type_id or (
                event_type.slug == body.event_type_slug
            )
            if is_named and body.host_id in {None, event_type.host.id}:
                return event_type
        return None

    def _rule(self, body: ReserveRequest, event_type: EventType) -> str | None:
        if self.next_refusals:
            return self.next_refusals.pop()
        if event_type.archived and body.reschedule_minutes is None:
            return "inactive"
        if body.start_time <= self.now():
            return "notice"
        end = body.start_time + timedelta(minutes=body.reschedule_minutes or event_type.minutes)
        live = [h.answer for h in self.reservations.values() if h.state != "freed" and h.answer]
        overlapped = any(
            other.host.id == event_type.host.id
            and other.booking_id != body.booking_id
            and other.start_time < end
            and body.start_time < other.end_time
            for other in live
        )
        return "busy" if overlapped and not self.grants_overlaps else None

    async def _confirm(self, request: web.Request) -> web.Response:
        id_ = UUID(request.match_info["id"])
        if self.fails_settling:
            return unavailable_reply()
        self.calls.append(("confirm", id_))
        known = self.reservations.get(id_)
        if known is None:
            return error_reply(404, "Reservation not found")
        if known.state == "freed":
            return error_reply(410, "The reservation was freed")
        known.state = "confirmed"
        return bodies.reply(Done())

    async def _free(self, request: web.Request) -> web.Response:
        id_ = UUID(request.match_info["id"])
        if self.fails_settling:
            return unavailable_reply()
        self.calls.append(("free", id_))
        self.reservations.setdefault(id_, Held("freed")).state = "freed"
        return bodies.reply(Done())

    async def _list(self, request: web.Request) -> web.Response:
        assert request.query.get("expired") == "true"
        expired = [
            ExpiredReservation(reservation_id=id_, booking_id=held.body.booking_id)
            for id_, held in self.reservations.items()
            if held.state == "held" and held.expired and held.body
        ]
        return bodies.reply(ExpiredReservations(data=expired[:PAGE]))


class FakeContacts:
    """Returns the contacts in `known`; does not respond if `is_silent`."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Be as at the start."""
        self.known: dict[tuple[UUID, str], FoundContact] = {}
        self.is_silent = False

    def routes(self) -> list[Route]:
        of_bookings = {"issuers": ("bookings",)}
        return [
            get("/internal/contacts", self._find, CallerKind.SERVICE, **of_bookings),
            get("/internal/contacts/{id}", self._get, CallerKind.SERVICE, **of_bookings),
        ]

    async def _find(self, request: web.Request) -> web.Response:
        if self.is_silent:
            await asyncio.sleep(60)
        found = self.known.get((UUID(request.query["ownerId"]), request.query["email"]))
        return error_reply(404, "Contact not found") if found is None else bodies.reply(found)

    async def _get(self, request: web.Request) -> web.Response:
        if self.is_silent:
            await asyncio.sleep(60)
        named = (UUID(request.query["ownerId"]), UUID(request.match_info["id"]))
        for (owner_id, _email), contact in self.known.items():
            if (owner_id, contact.id) == named:
                return bodies.reply(contact)
        return error_reply(404, "Contact not found")


@contextlib.asynccontextmanager
async def serving(name: str, routes: list[Route]) -> AsyncIterator[str]:
    """Run a service called `name` that accepts identities of bookings only; yield its address."""
    verifier = Verifier(name, {"bookings": [Key.parse(key_between("bookings", name))]})
    app: Any = build_app(routes, verifier=verifier, statuses={})
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
