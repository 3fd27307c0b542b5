"""Every enumeration of every request is case-insensitive, as in the API's rules."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.request_models import models


def words(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """Yield the values of the enumerations in a field's schema, without nested models."""
    inner = definitions.get(schema.get("$ref", "").rpartition("/")[2], {})
    one = [schema["const"]] if "const" in schema else []
    yield from (word for word in (*schema.get("enum", ()), *one) if isinstance(word, str))
    for part in (inner, *schema.get("anyOf", ()), schema.get("items", {})):
        if part:
            yield from words(part, definitions)


def enumerations() -> dict[str, tuple[TypeAdapter[Any], list[Any]]]:
    """Return the enumeration fields by name, with each of their values."""
    found = {}
    for model in models():
        for name, field in model.model_fields.items():
            kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else None
            adapter = TypeAdapter(kind or field.annotation)
            schema = adapter.json_schema()
            values = list(words(schema, schema.get("$defs", {})))
            is_list = any(one.get("type") == "array" for one in (schema, *schema.get("anyOf", ())))
            if values:
                taken = [[value] for value in values] if is_list else values
                found[f"{model.__name__}.{name}"] = (adapter, taken)
    return found


ENUMERATIONS = enumerations()


def outcome(adapter: TypeAdapter[Any], value: Any) -> Any:
    """Return the parsed value, or the error."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        return [one["msg"] for one in error.errors()]


@pytest.mark.parametrize("field", sorted(ENUMERATIONS))
def test_an_enumeration_is_read_in_any_letter_case(field: str) -> None:
    """The result is the documented spelling; an unsupported value is refused in any spelling."""
    adapter, values = ENUMERATIONS[field]
    for value in values:
        for spell in (str.upper, str.lower, str.title):
            spelled = [spell(one) for one in value] if isinstance(value, list) else spell(value)
            assert outcome(adapter, spelled) == outcome(adapter, value)


def test_the_enumerations_are_found() -> None:
    """In bodies and in queries, alone, in lists and where null is allowed."""
    assert {
        "NewInvitationRequest.role",
        "RoleRequest.role",
        "ChosenPlan.plan",
        "NewQuestion.type",
        "ListQuery.status",
        "MessageRequest.status",
        "ReplayManyBody.states",
        "ReplayManyBody.event_types",
        "NewEndpointBody.events",
    } <= ENUMERATIONS.keys()
