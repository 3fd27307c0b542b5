"""availability and contacts as bookings meets them: real HTTP, their internal contract, memory.

Both check what they are sent, identity included, and can be told to fail the way networks do.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.events.bookings import BookedEventType, BookedHost
from linktime_common.contracts.internal_api.availability import (
    ExpiredReservation,
    ExpiredReservations,
    Question,
    RefusedReservation,
    Reservation,
    ReserveRequest,
)
from linktime_common.contracts.internal_api.contacts import FoundContact
from linktime_common.http import bodies
from linktime_common.http.errors import error_reply, unavailable_reply
from linktime_common.http.models import Done
from linktime_common.http.routes import Route, get, post
from linktime_common.http.server import build_app
from linktime_common.identity import Door, Key, Verifier
from linktime_common.ids import new_id
from linktime_local.testing.services import key_between

PAGE = 50


@dataclass
class EventType:
    """What the fake knows of one event type."""

    host: BookedHost
    slug: str = "intro"
    name: str = "Intro call"
    minutes: int = 30
    buffer_before: int = 0
    buffer_after: int = 0
    location: str | None = "https://meet.example/intro"
    questions: list[Question] = field(default_factory=list)
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
    wanted: ReserveRequest | None = None
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


class FakeAvailability:
    """Grants every future start that no other live reservation of the host overlaps."""

    def __init__(self) -> None:
        self.event_types: dict[UUID, EventType] = {}
        self.reservations: dict[UUID, Held] = {}
        self.calls: list[tuple[str, UUID]] = []
        self.grants_overlaps = False
        self.is_deaf = False  # confirm and free are not heard
        self.answers_to_lose = 0  # reserve takes effect, its answer is lost
        self.next_refusals: list[str] = []  # rules
        self.hold_answers: asyncio.Event | None = None  # reserve has taken effect, and waits
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
            post("/internal/reservations", self._reserve, Door.SERVICE, **of_bookings),
            post(f"{reservation}/confirm", self._confirm, Door.SERVICE, **of_bookings),
            post(f"{reservation}/free", self._free, Door.SERVICE, **of_bookings),
            get("/internal/reservations", self._list, Door.SERVICE, **of_bookings),
        ]

    async def _reserve(self, request: web.Request) -> web.Response:
        sent = await bodies.read_json(request)
        wanted = ReserveRequest.model_validate(sent)
        assert set(sent) == set(wanted.model_dump()), "a field the contract does not know"
        self.calls.append(("reserve", wanted.reservation_id))
        reply = self._decide(wanted)
        if self.hold_answers is not None:
            await self.hold_answers.wait()
        if self.answers_to_lose and reply.status == 200:
            self.answers_to_lose -= 1
            return unavailable_reply()
        return reply

    def _decide(self, wanted: ReserveRequest) -> web.Response:
        known = self.reservations.get(wanted.reservation_id)
        if known is not None:
            if known.state == "freed":
                return error_reply(410, "The reservation was freed")
            assert known.wanted == wanted, "one id for two different reservations"
            assert known.answer is not None
            return bodies.reply(known.answer)
        event_type = self._find(wanted)
        if event_type is None:
            return error_reply(404, "Event type not found")
        if rule := self._rule(wanted, event_type):
            return bodies.reply(RefusedReservation(error="Not to be had", rule=rule), status=409)
        minutes = wanted.reschedule_minutes or event_type.minutes
        end = wanted.start_time + timedelta(minutes=minutes)
        answer = Reservation(
            reservation_id=wanted.reservation_id,
            booking_id=wanted.booking_id,
            start_time=wanted.start_time,
            end_time=end,
            buffer_before=event_type.buffer_before,
            buffer_after=event_type.buffer_after,
            location=event_type.location,
            questions=event_type.questions,
            event_type=event_type.booked(),
            host=event_type.host,
        )
        self.reservations[wanted.reservation_id] = Held("held", wanted, answer)
        return bodies.reply(answer)

    def _find(self, wanted: ReserveRequest) -> EventType | None:
        for event_type in self.event_types.values():
            is_named = event_type.id == wanted.event_type_id or (
                event_type.slug == wanted.event_type_slug
            )
            if is_named and wanted.host_id in {None, event_type.host.id}:
                return event_type
        return None

    def _rule(self, wanted: ReserveRequest, event_type: EventType) -> str | None:
        if self.next_refusals:
            return self.next_refusals.pop()
        if event_type.archived and wanted.reschedule_minutes is None:
            return "inactive"
        if wanted.start_time <= self.now():
            return "notice"
        end = wanted.start_time + timedelta(minutes=wanted.reschedule_minutes or event_type.minutes)
        live = [h.answer for h in self.reservations.values() if h.state != "freed" and h.answer]
        overlapped = any(
            other.host.id == event_type.host.id
            and other.booking_id != wanted.booking_id
            and other.start_time < end
            and wanted.start_time < other.end_time
            for other in live
        )
        return "busy" if overlapped and not self.grants_overlaps else None

    async def _confirm(self, request: web.Request) -> web.Response:
        id_ = UUID(request.match_info["id"])
        if self.is_deaf:
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
        if self.is_deaf:
            return unavailable_reply()
        self.calls.append(("free", id_))
        self.reservations.setdefault(id_, Held("freed")).state = "freed"
        return bodies.reply(Done())

    async def _list(self, request: web.Request) -> web.Response:
        assert request.query.get("expired") == "true"
        expired = [
            ExpiredReservation(reservation_id=id_, booking_id=held.wanted.booking_id)
            for id_, held in self.reservations.items()
            if held.state == "held" and held.expired and held.wanted
        ]
        return bodies.reply(ExpiredReservations(data=expired[:PAGE]))


class FakeContacts:
    """Knows the contacts it is given, unless it is told to say nothing."""

    def __init__(self) -> None:
        self.known: dict[tuple[UUID, str], FoundContact] = {}
        self.is_silent = False

    def routes(self) -> list[Route]:
        return [get("/internal/contacts", self._find, Door.SERVICE, issuers=("bookings",))]

    async def _find(self, request: web.Request) -> web.Response:
        if self.is_silent:
            await asyncio.sleep(60)
        found = self.known.get((UUID(request.query["ownerId"]), request.query["email"]))
        return error_reply(404, "Contact not found") if found is None else bodies.reply(found)


@contextlib.asynccontextmanager
async def answering(name: str, routes: list[Route]) -> AsyncIterator[str]:
    """The address of a service called `name` that believes bookings and nobody else."""
    verifier = Verifier(name, {"bookings": [Key.parse(key_between("bookings", name))]})
    app: Any = build_app(routes, verifier=verifier, statuses={})
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
