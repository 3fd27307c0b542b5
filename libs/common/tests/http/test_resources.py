"""Location of new resources, and ETags of single ones."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web

from linktime_common.contracts.wire import WireModel
from linktime_common.errors import Refusal
from linktime_common.http import bodies
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id
from linktime_common.http.resources import below
from linktime_common.http.routes import get, post
from linktime_common.identity import CallerKind
from linktime_common.process import Parts, ProcessRole, Service
from linktime_common.settings import ServiceSettings
from linktime_local.testing.services import UNUSED, Running, running

ID = UUID("01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22")
NAMES = {ID: "one"}


class ThingNotFound(Refusal):
    """Thing not found."""


class Thing(WireModel):
    thing_id: UUID
    name: str


EXAMPLE = Thing(thing_id=ID, name="one")


@Operation(
    summary="Make", tag="Things", reply=EXAMPLE, status=201, also={200: "It exists"},
    location=below("thingId"),
)  # fmt: skip
async def post_thing(request: web.Request) -> web.Response:
    return bodies.reply(EXAMPLE, status=int(request.query["status"]))


@Operation(summary="Read", tag="Things", reply=EXAMPLE, conditional=True)
async def get_thing(request: web.Request) -> web.Response:
    thing_id = path_id(request, "id", otherwise=ThingNotFound)
    if thing_id not in NAMES:
        raise ThingNotFound
    return bodies.reply(Thing(thing_id=thing_id, name=NAMES[thing_id]))


@contextlib.asynccontextmanager
async def assemble(_settings: ServiceSettings, _role: ProcessRole) -> AsyncIterator[Parts]:
    yield Parts(
        public_routes=[
            post("/things", post_thing, CallerKind.API_KEY),
            get("/things/{id}", get_thing, CallerKind.API_KEY),
        ],
        internal_routes=[],
        statuses={ThingNotFound: 404},
        ready={},
    )


THINGS = Service("things", ServiceSettings, (), assemble)


@pytest.fixture(scope="module")
async def things() -> AsyncIterator[Running]:
    async with running(THINGS, **UNUSED) as service:
        yield service


async def send(
    things: Running, method: str, path: str, tag: str | None = None
) -> tuple[int, Mapping[str, str], Any]:
    headers = things.identity(CallerKind.API_KEY, subject=uuid4())
    if tag is not None:
        headers["If-None-Match"] = tag
    async with things.session.request(method, things.url + path, headers=headers) as response:
        return response.status, response.headers, await response.read()


async def test_a_201_has_the_address_of_what_it_made(things: Running) -> None:
    """A GET of it answers; a 200 for what existed already made nothing."""
    status, headers, _ = await send(things, "POST", "/things?status=201")
    assert (status, headers["Location"]) == (201, f"/things/{ID}")
    assert (await send(things, "GET", headers["Location"]))[0] == 200
    _, headers, _ = await send(things, "POST", "/things?status=200")
    assert "Location" not in headers


async def test_an_unchanged_state_is_not_sent_again(
    things: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakly compared, in a list or as `*`; a change is sent, with another tag."""
    path = f"/things/{ID}"
    _, first, _ = await send(things, "GET", path)
    tag = first["ETag"]
    assert tag.startswith('W/"')
    assert first["Cache-Control"] == "private, no-cache"
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        status, headers, body = await send(things, "GET", path, known)
        assert (status, headers["ETag"], body) == (304, tag, b""), known
    for unknown in ('"other"', "nonsense", ""):
        assert (await send(things, "GET", path, unknown))[0] == 200
    monkeypatch.setitem(NAMES, ID, "two")
    status, second, _ = await send(things, "GET", path, tag)
    assert status == 200
    assert second["ETag"] != tag


async def test_errors_have_no_tag(things: Running) -> None:
    """What does not exist has no state; `*` does not match it."""
    status, headers, _ = await send(things, "GET", f"/things/{uuid4()}", "*")
    assert status == 404
    assert "ETag" not in headers
