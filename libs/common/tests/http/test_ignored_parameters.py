"""The response header that names unknown query parameters."""

import contextlib
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiohttp import web
from yarl import URL

from linktime_common.http import bodies
from linktime_common.http.ignored_parameters import (
    IGNORED_PARAMETERS,
    MOST_CHARACTERS,
    ignored_names,
)
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_common.http.routes import get, post
from linktime_common.http.spans import Spanned
from linktime_common.identity import CallerKind
from linktime_common.process import Parts, ProcessRole, Service
from linktime_common.settings import ServiceSettings
from linktime_local.testing.services import UNUSED, Running, running

SAFE = re.compile(r"[A-Za-z0-9._~%-]+(, [A-Za-z0-9._~%-]+)*")


class Search(Paging, Spanned):
    first_word: str | None = None


@Operation(summary="List things", tag="Things", query=Search, page_of=Done())
async def list_things(request: web.Request) -> web.Response:
    query = bodies.read_query(request, Search)
    return bodies.reply_list([], page=query.page, limit=query.limit, total=0)


@Operation(summary="Do it", tag="Things", reply=Done())
async def act(_request: web.Request) -> web.Response:
    return bodies.reply(Done())


@contextlib.asynccontextmanager
async def assemble(_settings: ServiceSettings, _role: ProcessRole) -> AsyncIterator[Parts]:
    yield Parts(
        public_routes=[
            get("/things", list_things, CallerKind.API_KEY),
            post("/things", act, CallerKind.API_KEY),
        ],
        internal_routes=[],
        statuses={},
        ready={},
    )


@pytest.fixture(scope="module")
async def things() -> AsyncIterator[Running]:
    async with running(Service("things", ServiceSettings, (), assemble), **UNUSED) as service:
        yield service


@pytest.mark.parametrize(
    ("method", "query", "status", "header"),
    [
        ("GET", "", 200, None),
        ("GET", "page=1&limit=2&from=2026-03-01&firstWord=a", 200, None),
        ("GET", "stauts=CONFIRMED", 200, "stauts"),
        ("GET", "zeta=1&page=1&Alpha=2&zeta=3&Page=7", 200, "Alpha, Page, zeta"),
        ("GET", "first_word=a", 200, "first_word"),
        ("GET", "since=2026-03-01", 200, "since"),
        ("GET", "page=0&stauts=x", 400, "stauts"),
        ("GET", "a%0D%0ASet-Cookie:%20b=1&c%2Cd=2", 200, "a%0D%0ASet-Cookie%3A%20b, c%2Cd"),
        ("GET", "%C3%A9=1&%FF=2", 200, None),
        ("POST", "dry=true", 200, "dry"),
    ],
)
async def test_the_header_names_unknown_parameters(
    things: Running, method: str, query: str, status: int, header: str | None
) -> None:
    """Sorted, each once, encoded; also with a refusal, and without a header if all are known."""
    url = URL(f"{things.url}/things?{query}", encoded=True)
    headers = things.identity(CallerKind.API_KEY, subject=uuid4())
    async with things.session.request(method, url, headers=headers) as response:
        assert response.status == status
        named = response.headers.getall(IGNORED_PARAMETERS, [])
    if "%FF" in query:  # not UTF-8: the name is some text, and safe
        assert SAFE.fullmatch(named[0]), named
    else:
        assert named == ([] if header is None else [header])


def test_the_value_is_bounded_and_safe() -> None:
    """For any number, length and characters of names; whole names only."""
    known = frozenset({"page"})
    many = [f"name{number:04}" for number in range(2_000)]
    value = ignored_names(many, known)
    assert len(value) <= MOST_CHARACTERS
    assert value.split(", ") == many[: len(value.split(", "))]
    wild = ["\U0001f600" * 5_000, "a" * 10_000, "", "\x00", "\ud800", "line\r\nbreak", "a,b;c"]
    value = ignored_names(wild, known)
    assert len(value) <= MOST_CHARACTERS
    assert SAFE.fullmatch(value), value
    assert ignored_names(["page", ""], known) == ""
