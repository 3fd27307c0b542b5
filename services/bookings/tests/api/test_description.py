"""What the service says of its own routes."""

import pytest

from linktime_bookings.api.routes import PUBLIC
from linktime_common.http.routes import Route


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route.method} {route.path}")
def test_examples_are_what_the_models_read_and_answer(route: Route) -> None:
    """A body's example passes the validation, an answer's comes back as it was written."""
    operation = route.operation
    assert operation is not None
    if operation.body is not None:
        operation.body.model_validate(operation.body_example)
    answered = operation.reply or operation.page_of
    assert answered is not None
    example = operation.reply_example
    for one in example["data"] if operation.page_of else [example]:
        assert answered.model_validate(one).model_dump(mode="json") == one


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: f"{route.method} {route.path}")
def test_writes_can_be_repeated(route: Route) -> None:
    """Every POST takes an Idempotency-Key, and nothing else does."""
    assert route.operation is not None
    assert route.operation.idempotent is (route.method == "POST")
