"""Operations of handlers, and the OpenAPI description built from them."""

from typing import Any

import pytest
from aiohttp import web

from linktime_common.errors import Refusal
from linktime_common.http.fields import RequestModel
from linktime_common.http.models import Done, Paging
from linktime_common.http.openapi import describe
from linktime_common.http.operations import DescribedHandler, Operation, Refusals
from linktime_common.http.routes import host, keyed
from linktime_common.identity import CallerKind


class ThingNotFound(Refusal):
    """Thing not found."""


class PartNotFound(Refusal):
    """Part not found."""


class Full(Refusal):
    """Full."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.sentence = f"Full: there can be {most}"


class Named(RequestModel):
    name: str


class Optional(RequestModel):
    name: str | None = None


STATUSES = {ThingNotFound: 404, PartNotFound: 404, Full: 409}


def endpoint(**described: Any) -> DescribedHandler:
    @Operation(summary="Do", tag="Things", reply=Done(), **described)
    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    return answer


def responses(**described: Any) -> dict[str, Any]:
    routes = [keyed("POST", "/things", endpoint(**described))]
    found: dict[str, Any] = describe(routes, STATUSES)["paths"]["/api/v1/things"]["post"]
    return {
        status: answer["content"]["application/json"].get("example")
        for status, answer in found["responses"].items()
    }


def test_a_row_of_a_host_opens_one_path_to_keys_and_one_to_sessions() -> None:
    """Both routes have the same handler and description."""
    one = endpoint()
    key, session = host("GET", "/things/{id}", one)
    assert (key.path, key.caller_kinds) == ("/api/v1/things/{id}", {CallerKind.API_KEY})
    assert (session.path, session.caller_kinds) == (
        "/dashboard/api/things/{id}",
        {CallerKind.SESSION},
    )
    assert {key.handler, session.handler} == {one.handler}
    assert key.operation is session.operation is one.operation


def test_an_error_example_is_the_sentence_of_its_refusal() -> None:
    """With the status of the service's table; one with parameters has their values."""
    errors: Refusals = {ThingNotFound: "There is none", Full(3): "There are 3"}
    shown = responses(errors=errors)
    assert shown["404"] == {"error": "Thing not found", "code": "thing_not_found"}
    assert shown["409"] == {"error": "Full: there can be 3", "code": "full"}


def test_one_status_is_described_once() -> None:
    """A second description would hide the first."""
    with pytest.raises(ValueError, match="404 twice"):
        responses(errors={ThingNotFound: "There is none", PartNotFound: "There is no part"})


@pytest.mark.parametrize(
    ("described", "details"),
    [
        ({"body": Named, "body_example": {"name": "x"}}, {"name": "This field is required"}),
        ({"body": Optional, "body_example": {}}, {"unknown": "Unknown field"}),
        ({"query": Paging}, {"page": "Must be at least 1"}),
    ],
)
def test_a_wrong_request_is_shown_as_its_model_refuses_it(
    described: dict[str, Any], details: dict[str, str]
) -> None:
    """The fields are the operation's own."""
    shown = responses(**described)
    assert shown["400"] == {
        "error": "Invalid request data",
        "code": "invalid_request",
        "details": details,
    }
