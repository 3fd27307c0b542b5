"""What the service says of its own routes."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from linktime_common.http.openapi import describe
from linktime_contacts.api.routes import PUBLIC

DESCRIBED = describe(PUBLIC)


def test_every_public_route_is_described() -> None:
    """Nothing that the outside may call is missing."""
    assert {
        (path, method) for path, methods in DESCRIBED["paths"].items() for method in methods
    } == {(route.path, route.method.lower()) for route in PUBLIC}


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route.method} {route.path}")
def test_examples_are_what_the_models_read_and_answer(route: Any) -> None:
    """A body's example passes the validation, an answer's comes back as it was written."""
    operation = route.operation
    if operation.body is not None:
        operation.body.model_validate(operation.body_example)
    answered = operation.reply or operation.page_of
    if operation.reply_example is not None:
        examples = operation.reply_example
        for example in examples["data"] if operation.page_of else [examples]:
            read = TypeAdapter(answered).validate_python(example)
            assert read.model_dump(mode="json") == example


def test_parameters_are_named_as_they_are_written() -> None:
    """With their limits and choices."""
    found = {
        parameter["name"]: parameter["schema"]
        for parameter in DESCRIBED["paths"]["/api/v1/calls"]["get"]["parameters"]
    }
    assert set(found) == {"page", "limit", "status", "from", "to"}
    assert found["limit"]["maximum"] == 50
    assert found["status"]["enum"] == ["COMPLETED", "FAILED", "NO_ANSWER", "all"]


def test_taking_in_has_two_good_answers() -> None:
    """New is 201, known is 200, with the same body."""
    responses = DESCRIBED["paths"]["/api/ingest/calls"]["post"]["responses"]
    assert responses["200"]["content"] == responses["201"]["content"]
