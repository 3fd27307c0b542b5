"""One migrated database and one running service for the whole run. Each test creates its own
hosts, so tests do not share rows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from libs.common.tests.egress.clients import LOOPBACK
from services.availability.tests.keys import SEALING_KEY

from linktime_availability.app import SERVICE
from linktime_availability.calendars.recheck import LimitedRecheck
from linktime_availability.clients.scim import HostDirectory
from linktime_availability.deps import Deps
from linktime_availability.domain.event_type import EventType
from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.images.shrinking import ImageShrinker
from linktime_availability.store import event_types, schedules
from linktime_availability.turns import HostTurns
from linktime_availability.use_cases.apply_user import apply_user
from linktime_availability.use_cases.reserve import ReserveResult, reserve
from linktime_common import idempotency
from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.contracts.internal_api.availability import Reservation, ReserveRequest
from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.routes import get
from linktime_common.http.server import build_app
from linktime_common.identity import CallerKind, Key, Verifier
from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_common.postgres import Database, connect
from linktime_common.process import ProcessRole
from linktime_common.sealing import Sealer
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import (
    Running,
    free_port,
    key_between,
    running,
    signer_of,
)

MONDAY_MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ALWAYS = {weekday: (Window(0, 1440),) for weekday in range(7)}


@dataclass
class FixedClock:
    """A clock that shows `instant`."""

    instant: datetime = MONDAY_MORNING

    def now(self) -> datetime:
        return self.instant


@dataclass
class FakeDirectory:
    """A fake of scim's internal API over HTTP; accepts identities of availability only."""

    url: str = ""
    users: dict[UUID, DirectoryUser] = field(default_factory=dict)
    former: dict[str, UUID] = field(default_factory=dict)
    """Users by a username that they had."""
    asked: list[UUID | str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        user_id = UUID(request.match_info["id"])
        self.asked.append(user_id)
        if user_id not in self.users:
            return web.json_response(
                {"error": "User not found", "code": "user_not_found"}, status=404
            )
        return web.Response(
            body=self.users[user_id].model_dump_json(), content_type="application/json"
        )

    async def answer_by_name(self, request: web.Request) -> web.Response:
        username = request.query["username"]
        self.asked.append(username)
        found = [one for one in self.users.values() if one.user.username == username]
        if not found and username in self.former:
            found = [self.users[self.former[username]]]
        return web.Response(
            body=DirectoryUsers(data=found[:1], next_after=None).model_dump_json(),
            content_type="application/json",
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        key = Key.parse(key_between("availability", "scim"))
        app = build_app(
            [
                get(
                    "/internal/users/{id}",
                    self.answer,
                    CallerKind.SERVICE,
                    issuers=("availability",),
                ),
                get(
                    "/internal/users",
                    self.answer_by_name,
                    CallerKind.SERVICE,
                    issuers=("availability",),
                ),
            ],
            verifier=Verifier("scim", {"availability": [key]}),
            statuses={},
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield
        finally:
            await runner.cleanup()


def user(**changes: Any) -> UserState:
    """Return a user with a unique username."""
    user_id = changes.pop("id", None) or new_id()
    words = {
        "id": user_id,
        "email": f"{user_id.hex}@example.com",
        "name": "Ada Host",
        "username": f"u{user_id.hex[-20:]}",
        "timezone": "UTC",
        "plan": Plan.BUSINESS,
        "effective_plan": Plan.BUSINESS,
        "active": True,
        "created_at": MONDAY_MORNING,
    }
    return UserState.model_validate(words | changes)


@dataclass(frozen=True)
class World:
    """Creates test data with the use cases and the store."""

    deps: Deps
    clock: FixedClock
    directory: FakeDirectory

    @property
    def database(self) -> Database:
        return self.deps.database

    def user(self, **changes: Any) -> UserState:
        return user(**changes)

    def attempt(self) -> idempotency.WriteAttempt[Any]:
        """Return a write without an Idempotency-Key."""
        deadline = asyncio.get_running_loop().time() + 10
        return idempotency.WriteAttempt({}, deadline, lambda _: idempotency.WriteReply(200, None))

    async def host(self, *, schedule: Schedule | None = None, **changes: Any) -> UserState:
        """Create a host, open at all times in UTC by default."""
        state = user(**changes)
        async with self.database.transaction() as connection:
            await apply_user(connection, state, 1)
            await schedules.replace(connection, state.id, schedule or Schedule("UTC", ALWAYS))
        return state

    async def event_type(self, host_id: UUID, **changes: Any) -> EventType:
        """Create an event type, by default of half an hour without notice and buffers."""
        event_type_id = new_id()
        words: dict[str, Any] = {
            "id": event_type_id,
            "host_id": host_id,
            "name": "Intro call",
            "slug": f"intro-{event_type_id.hex[-12:]}",
            "description": None,
            "location": "Phone",
            "questions": [],
            "created_at": MONDAY_MORNING,
            "schedule_id": None,
        }
        rules: dict[str, Any] = {
            "duration_minutes": 30,
            "slot_interval_minutes": 30,
            "minimum_notice_minutes": 0,
        }
        for name, value in changes.items():
            (words if name in words else rules)[name] = value
        event_type = EventType(**words, rules=BookingRules(**rules))
        async with self.database.connection() as connection:
            await event_types.insert(connection, event_type)
        return event_type

    def request(self, event_type: EventType, start: datetime, **changes: Any) -> ReserveRequest:
        words = {
            "reservation_id": new_id(),
            "booking_id": new_id(),
            "host_id": event_type.host_id,
            "event_type_id": event_type.id,
            "start_time": start,
        }
        return ReserveRequest.model_validate(words | changes)

    async def reserve(
        self, event_type: EventType, start: datetime, **changes: Any
    ) -> ReserveResult:
        return await reserve(self.request(event_type, start, **changes), self.deps)

    async def held(self, event_type: EventType, start: datetime, **changes: Any) -> Reservation:
        answer = await self.reserve(event_type, start, **changes)
        assert isinstance(answer, Reservation), answer
        return answer

    async def statuses(self, *reservation_ids: UUID) -> list[str | None]:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT id, status FROM reservations WHERE id = ANY ($1)", list(reservation_ids)
            )
        found = {row["id"]: row["status"] for row in rows}
        return [found.get(reservation_id) for reservation_id in reservation_ids]

    async def live(self, host_id: UUID) -> int:
        """Return how many reservations hold the host's time."""
        async with self.database.connection() as connection:
            return int(
                await connection.fetchval(
                    "SELECT count(*) FROM reservations WHERE host_id = $1 AND status <> 'freed'",
                    host_id,
                )
            )


@pytest.fixture(scope="session")
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    """This service's database."""

    async def make(address: str) -> None:
        await migrate(address, *SERVICE.migrations)

    async with template_databases.fresh("availability", make) as address:
        yield address


@pytest.fixture(scope="session")
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = await connect(dsn, application_name="availability-tests")
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def directory() -> AsyncIterator[FakeDirectory]:
    fake = FakeDirectory()
    async with fake.running():
        yield fake


@pytest.fixture
async def guarded() -> AsyncIterator[GuardedClient]:
    """A client that may reach this machine."""
    async with (
        Resolver(LOOPBACK) as resolver,
        GuardedClient(WayOut(resolver), allow_http=True) as client,
    ):
        yield client


@pytest.fixture
async def world(
    database: Database, directory: FakeDirectory, guarded: GuardedClient
) -> AsyncIterator[World]:
    clock = FixedClock()
    async with open_session() as session:
        client = InternalClient(
            session,
            base_url=directory.url,
            audience="scim",
            signer=signer_of("availability", "scim"),
        )
        deps = Deps(
            sealer=Sealer([SEALING_KEY]),
            guarded=guarded,
            uid_domain="meet.example",
            pepper="pepper",
            recheck=LimitedRecheck(),
            database=database,
            clock=clock,
            directory=HostDirectory(client),
            turns=HostTurns(wait_seconds=10),
            images=ImageShrinker(),
            hold_seconds=60,
            public_url="https://meet.example",
        )
        yield World(deps, clock, directory)
    # Otherwise the workers of later tests would read and write these calendars, too.
    async with database.connection() as connection:
        await connection.execute("DELETE FROM calendar_accounts")


@pytest.fixture(scope="session")
async def service(dsn: str, directory: FakeDirectory) -> AsyncIterator[Running]:
    """The service over HTTP, without a broker."""
    async with running(
        SERVICE,
        ProcessRole.SERVE,
        postgres_dsn=dsn,
        broker_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/",
        scim_internal_url=directory.url,
        public_url="https://meet.example",
        identity_issue={"scim": key_between("availability", "scim")},
        sealing_keys=[SEALING_KEY],
        allowed_networks=["127.0.0.0/8"],
        allow_http=True,
    ) as up:
        yield up


@pytest.fixture
def tomorrow() -> datetime:
    """Noon of tomorrow, for the service, which uses the system clock."""
    day = datetime.now(UTC) + timedelta(days=1)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)
