"""Field types of all requests: texts, instants in milliseconds, strict numbers and booleans."""

import ast
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from linktime_common.http.fields import QueryModel, RequestModel
from linktime_scim.scim.limits import check_lines
from linktime_scim.scim.model import User
from tests.request_models import PACKAGES, models

IN_NO_TEXT = [*"\x00\x08\x0b\x0c\x0e\x1b\x1f\x7f\x80\x85\x9f", *"\u202a\u202d\u202e\u2066\u2069"]
IN_NO_LINE = [*IN_NO_TEXT, *"\t\n\r\u2028\u2029"]

SEVERAL_LINES = {
    "NewEventType.description",
    "EventTypeChange.description",
    "BrandChange.welcome_text",
    "SentAnswer.value",  # one line unless the question is a textarea: domain/answers.py
    "BookRequest.notes",
    "PublicBookRequest.notes",
    "NewContactRequest.notes",
    "ContactChangesRequest.notes",
    "MessageRequest.body",
    "TranscriptLineRequest.text",
    "CallRequest.summary",
    "CancelRequest.reason",
    "RescheduleByLinkRequest.reason",
    "RescheduleRequest.reason",
}
OTHERS = {
    "SignInRequest.email": "compared with logins and kept nowhere",
    "ResetRequest.email": "compared with logins and kept until then",
    "NewAccountLinkRequest.email": "compared with accounts",
    "HostsSlotsQuery.booking_id": "compared with bookings; malformed is 404, as in a path",
    "ContactsQuery.search": "compared with contacts, also older ones, and kept nowhere",
    "ContactsQuery.cursor": "compared with its checksum and kept nowhere",
    "CursorPages.cursor": "compared with its checksum and kept nowhere",
    "CursorPaging.cursor": "compared with its checksum and kept nowhere",
    "ExportQuery.cursor": "compared with its checksum and kept nowhere",
    "ListQuery.cursor": "compared with its checksum and kept nowhere",
    "ContactQuery.email": "compared with contacts and kept nowhere",
    "ImportRequest.csv": "each cell is validated as a field of NewContactRequest",
    "UsersQuery.email": "compared with accounts and kept nowhere",
    "UsersQuery.username": "compared with accounts and kept nowhere",
    "NewEndpointBody.headers": "domain/custom_headers.py reads them as RFC 9110 does",
    "EndpointChangesBody.headers": "domain/custom_headers.py reads them as RFC 9110 does",
    "CallRequest.metadata": "JSON of the caller's own",
}
# Bodies between our own processes: validated at the public API.
INTERNAL = {
    "BookingIds",
    "InventoryIds",
    "MoveSlotsRequest",
    "ParkedSelection",
    "ReserveRequest",
    "RepublishDays",
    "Restore",
    "Resync",
    "RowsToRemove",
}


def leaves(wanted: type, kind: Any, checks: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Yield the `wanted` types in an annotation, each with its validators."""
    arguments = get_args(kind)
    if kind is wanted:
        yield Annotated[kind, *checks] if checks else kind
    elif get_origin(kind) is Annotated:
        yield from leaves(wanted, arguments[0], (*checks, *arguments[1:]))
    elif get_origin(kind) in {Union, UnionType}:
        for one in arguments:
            yield from leaves(wanted, one, checks)
    else:
        for one in arguments:
            yield from leaves(wanted, one)


def fields(wanted: type, base: type[BaseModel] = BaseModel) -> dict[str, list[Any]]:
    """Return the fields of models below `base` that contain a `wanted` type, by name."""
    found = {}
    for model in models():
        for name, field in model.model_fields.items() if issubclass(model, base) else ():
            here = list(leaves(wanted, field.annotation, tuple(field.metadata)))
            if here and not model.__name__.startswith("_"):  # subclasses have its fields
                found[f"{model.__name__}.{name}"] = here
    return found


FIELDS = fields(str)


def read(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refuses(kind: Any, value: Any) -> bool:
    try:
        read(kind, value)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("field", sorted(set(FIELDS) - OTHERS.keys()))
def test_a_text_of_a_request_is_of_one_of_two_kinds(field: str) -> None:
    """Control characters are refused everywhere, line breaks and tabs except in notes."""
    forbidden = IN_NO_TEXT if field in SEVERAL_LINES else IN_NO_LINE
    for kind in FIELDS[field]:
        for character in forbidden:
            assert refuses(kind, f"a{character}b"), (kind, character)
        assert refuses(kind, "\u200b") is (field not in SEVERAL_LINES)
        assert field not in SEVERAL_LINES or not refuses(kind, "a\tb\r\nc\nd")


@pytest.mark.parametrize("wanted", [int, float, bool])
def test_a_number_or_truth_value_of_a_body_is_one_in_json(wanted: type) -> None:
    """Numbers in texts, true for 1 and 1 for true are refused."""
    wrong = {int: [True, 5.0, "5", "5.0"], float: [True, "5"], bool: [1, 0, "true", "no"]}
    found = fields(wanted, RequestModel)
    assert found or wanted is float
    for name, kinds in found.items():
        for kind in kinds:
            for value in wrong[wanted]:
                assert refuses(kind, value), (name, value)


def test_a_whole_number_of_a_query_is_digits() -> None:
    """No other spelling that Python parses as a number."""
    found = fields(int, QueryModel)
    assert len(found) > 8
    for name, kinds in found.items():
        for kind in kinds:
            assert read(kind, "5") == 5
            for text in ("5.0", "1_0", " 5", "5 ", "\u0665", "5e0", "true", "+5"):
                assert refuses(kind, text), (name, text)


def test_an_instant_of_a_request_is_in_whole_milliseconds() -> None:
    """In bodies and queries, of every service that takes one."""
    found = fields(datetime)
    assert len({name.partition(".")[0] for name in found}) > 8
    for kinds in found.values():
        for kind in kinds:
            assert refuses(kind, "2026-03-01T14:00:00.1234Z")
            assert refuses(kind, "0001-01-01T00:00:00Z")
            assert read(kind, "2026-03-01T14:00:00.123000Z").microsecond == 123_000


def test_an_instant_of_a_query_may_have_lost_its_plus() -> None:
    """A blank before the offset has no other meaning."""
    found = fields(datetime, QueryModel)
    assert found
    for kinds in found.values():
        for kind in kinds:
            plus, blank = (f"2026-03-01T14:00:00{sign}02:00" for sign in "+ ")
            assert read(kind, blank) == read(kind, plus)


def test_the_lists_name_fields_that_exist() -> None:
    """A removed or renamed field must leave the lists."""
    assert FIELDS.keys() >= SEVERAL_LINES
    names = {f"{model.__name__}.{name}" for model in models() for name in model.model_fields}
    assert names >= OTHERS.keys()


def test_every_body_and_query_is_such_a_model() -> None:
    """Handlers parse request models, or internal bodies."""
    read = {name for package in PACKAGES for name in read_in(package)}
    assert read - {model.__name__ for model in models()} == INTERNAL


def read_in(package: ModuleType) -> Iterator[str]:
    """Yield the names of the models given to `bodies.read` and `bodies.read_query`."""
    for file in Path(package.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="bodies"), attr="read" | "read_query"),
                    args=[_, ast.Name(id=name)],
                ):
                    yield name


@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": "{}"},
        {"externalId": "{}"},
        {"displayName": "{}"},
        {"name": {"givenName": "{}"}},
        {"emails": [{"value": "a@example.com", "display": "{}"}]},
    ],
)
def test_attributes_of_scim_are_lines(attributes: dict[str, Any]) -> None:
    """All stored attributes of a member, at any depth."""
    assert {"user_name", "external_id", "display_name", "name", "emails"} <= set(User.model_fields)
    check_lines(filled(attributes, "Zoë"))
    for character in IN_NO_LINE:
        with pytest.raises(Exception, match="Must be one line without control characters"):
            check_lines(filled(attributes, f"a{character}b"))
    with pytest.raises(Exception, match="Must have a visible character"):
        check_lines(filled(attributes, "\u200b\u2060"))


def filled(value: Any, text: str) -> Any:
    match value:
        case str():
            return value.format(text)
        case dict():
            return {name: filled(one, text) for name, one in value.items()}
        case _:
            return [filled(one, text) for one in value]


def test_a_whole_number_of_a_query_is_in_digits() -> None:
    """In queries of every service: other spellings that Python accepts are errors."""
    found = fields(int, QueryModel)
    assert len(found) > 8
    for kinds in found.values():
        for kind in kinds:
            assert read(kind, "7") == 7
            for text in ("1_0", "+1", "1.0", " 1", "1 ", "٣", "", "-1", "1e1"):
                assert refuses(kind, text), (kind, text)
