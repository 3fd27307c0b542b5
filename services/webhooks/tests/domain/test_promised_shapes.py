"""Events between services may grow; the payloads of subscribers do not change with them."""

import importlib.util
from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args
from uuid import uuid4

import pytest
from pydantic import BaseModel, create_model
from services.webhooks.tests.events import booking_created, contact_created

from linktime_common.contracts.events import bookings, contacts
from linktime_webhooks.domain import payloads

EVENTS = "linktime_common.contracts.events"

STATES = [
    (module, name)
    for module in (bookings, contacts)
    for name, model in vars(module).items()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and model.__module__ == module.__name__
    and not hasattr(model, "type")
]
"""The models inside events: bookings, contacts, payments and what they are made of."""


@pytest.fixture
def with_more_inside(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the payloads with one more field in every model inside events."""
    for module, name in STATES:
        wider: type[BaseModel] = create_model(
            name, __base__=getattr(module, name), internal_score=(int, 7)
        )
        monkeypatch.setattr(module, name, wider)
    spec = importlib.util.spec_from_file_location("payloads_again", payloads.__file__)
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    return again


def test_a_field_added_to_a_model_changes_no_payload(with_more_inside: ModuleType) -> None:
    """At any depth."""
    assert {"ContactState", "BookingState", "BookedHost"} <= {name for _, name in STATES}
    for payload in get_args(payloads.Payload):
        again = getattr(with_more_inside, payload.__name__)
        assert again.model_json_schema() == payload.model_json_schema()


@pytest.mark.parametrize("event", [booking_created(uuid4()), contact_created(uuid4())])
def test_a_field_added_to_a_model_is_not_sent(event: Any, with_more_inside: ModuleType) -> None:
    """The body is the same bytes as before."""
    wider = type(event).model_validate(dict(event) | _state_with_more(event))
    assert with_more_inside.body_of(wider) == payloads.body_of(event)


def test_no_payload_is_made_of_models_of_events() -> None:
    """Neither inherited nor embedded: the fields of each are in one file."""
    foreign = {
        model.__name__
        for payload in get_args(payloads.Payload)
        for model in _models(payload)
        if model.__module__ != payloads.__name__
    }
    assert foreign == set()


def _state_with_more(event: Any) -> dict[str, BaseModel]:
    name, module = ("booking", bookings) if hasattr(event, "booking") else ("contact", contacts)
    wider = getattr(module, type(getattr(event, name)).__name__)
    return {name: wider.model_construct(**dict(getattr(event, name)))}


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield from (base for base in model.__mro__ if base.__module__.startswith(EVENTS))
    yield model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for one in get_args(annotation):
        yield from _parts(one)
