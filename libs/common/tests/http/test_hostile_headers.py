"""A header of 8,000 characters costs linear time and is no server error."""

from aiohttp import ClientSession, web

from linktime_common.http import bodies
from linktime_common.http.answers import retry_after_seconds
from linktime_common.http.fields import RequestModel
from linktime_common.http.idempotency import HEADER
from linktime_common.http.routes import post
from linktime_common.identity import CallerKind
from linktime_local.testing.hostile_headers import LONG, headers_read, hostile_values, slowest
from linktime_local.testing.services import serving


class Empty(RequestModel):
    pass


async def post_empty(request: web.Request) -> web.Response:
    return bodies.reply(await bodies.read(request, Empty))


POST_EMPTY = post("/empty", post_empty, CallerKind.PUBLIC)
# They decide about the framing: the parser refuses them, with 501 for an unknown coding.
FRAMING = {"content-length", "transfer-encoding"}


async def test_a_hostile_value_of_any_header_takes_linear_time() -> None:
    """For each header that the common code reads, and those that aiohttp does."""
    names = headers_read("linktime_common") | {"accept", "cookie", "expect", "connection", "range"}
    assert names >= {"content-type", "x-request-id", HEADER.lower()}
    async with serving(POST_EMPTY) as service, ClientSession() as session:
        identity = service.identity(CallerKind.PUBLIC)
        for name in names - FRAMING:

            async def send(value: str, name: str = name) -> None:
                headers = {**identity, name: value}
                url = f"{service.url}/empty"
                async with session.post(url, data=b"{}", headers=headers) as answer:
                    await answer.read()
                    assert answer.status < 500 or name == "x-linktime-identity", value[:40]

            assert await slowest(send, name) is None, name


async def test_parameters_of_the_media_type_do_not_matter() -> None:
    """JSON with any parameters is read; any other type is 415."""
    async with serving(POST_EMPTY) as service:
        identity = service.identity(CallerKind.PUBLIC)
        for content_type, status in (
            ("application/json", 200),
            ("Application/JSON ; charset=utf-8", 200),
            ("application/merge-patch+json;a*0*", 200),
            ("application/json;" + "(" * 2_000, 200),
            ("text/plain;application/json", 415),
            ("application/jsonp", 415),
            ("+json", 415),
            ("", 415),
        ):
            headers = {**identity, "Content-Type": content_type}
            url = f"{service.url}/empty"
            async with service.session.post(url, data=b"{}", headers=headers) as answer:
                assert answer.status == status, content_type


def test_a_hostile_retry_after_is_no_value() -> None:
    """Of any length, a date or not."""
    for length in (*range(20, 100, 5), LONG):
        for value in hostile_values("retry-after", length):
            seconds = retry_after_seconds(value)
            assert seconds is None or seconds >= 0
