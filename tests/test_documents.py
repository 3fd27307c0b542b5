"""The documents that are served are the ones that the code describes, and are valid."""

import json
from typing import Any

import aiohttp
import pytest
from documents import asyncapi, openapi
from documents.__main__ import FOLDER
from documents.build import build
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from linktime_operator.stack.stack import Stack

OPENAPI = openapi.build()
ASYNCAPI = asyncapi.build()
OPERATIONS = [
    pytest.param(operation, id=operation["operationId"])
    for operations in (OPENAPI["paths"] | OPENAPI["webhooks"]).values()
    for operation in operations.values()
]
KEPT_KIB = 700


@pytest.mark.parametrize("name", build())
def test_the_checked_in_file_is_what_the_code_describes(name: str) -> None:
    """`make openapi` was run after the last change."""
    assert (FOLDER / name).read_bytes() == build()[name], "run `make openapi`"
    assert len(build()[name]) < KEPT_KIB * 1024


async def test_running_services_describe_the_same(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    """What the processes say of themselves, merged, is what the gateway serves."""
    said = {}
    for name in openapi.SERVICES:
        address = stack.file.services[name].internal_url.rstrip("/")
        async with http.get(f"{address}/internal/openapi.json") as response:
            said[name] = await response.json()
    gateway = stack.file.gateway.rstrip("/")
    async with http.get(f"{gateway}/openapi.json") as response:
        assert await response.json() == json.loads(json.dumps(openapi.merge(said)))


def test_the_description_is_openapi() -> None:
    """Valid by the specification's own schema, references and examples' types included."""
    problems = [str(error) for error in OpenAPIV31SpecValidator(OPENAPI).iter_errors()]
    assert problems == []


def test_names_of_operations_are_unique() -> None:
    """Clients are generated with them."""
    names = [parameter.values[0]["operationId"] for parameter in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_examples_fit_their_schemas(operation: dict[str, Any]) -> None:
    """Every body and every answer with a shape has an example, and it is a valid one."""
    answers = operation["responses"].values()
    contents = [one["content"]["application/json"] for one in answers if "content" in one]
    if "requestBody" in operation:
        contents.append(operation["requestBody"]["content"]["application/json"])
    for content in contents:
        schema = content["schema"] | {"components": OPENAPI["components"]}
        checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert list(checker.iter_errors(content["example"])) == []


def test_two_services_cannot_describe_one_thing_differently() -> None:
    """A clash of names ends `make openapi` instead of hiding one of them."""
    shape: dict[str, Any] = {"paths": {}, "schemas": {"Booking": {"type": "object"}}}
    other: dict[str, Any] = {"paths": {}, "schemas": {"Booking": {"type": "string"}}}
    assert openapi.merge({"one": shape, "two": shape})
    with pytest.raises(openapi.DescriptionsDisagree, match="two: Booking"):
        openapi.merge({"one": shape, "two": other})


def test_the_events_are_asyncapi() -> None:
    """The parts that AsyncAPI 3 requires are there, and every reference leads somewhere."""
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(ASYNCAPI["info"])
    assert set(ASYNCAPI["channels"]) == set(ASYNCAPI["components"]["messages"])
    for operation in ASYNCAPI["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = _at(operation["channel"]["$ref"])
        carried = [_at(one["$ref"]) for one in operation["messages"]]
        assert carried == list(channel["messages"].values())
        for message in channel["messages"].values():
            assert {"name", "payload", "contentType"} <= set(_at(message["$ref"]))


@pytest.mark.parametrize("key", ASYNCAPI["channels"])
def test_samples_fit_the_events(key: str) -> None:
    """What is published is what the schema says, nothing more."""
    message = ASYNCAPI["components"]["messages"][key]
    schema = message["payload"] | {
        "additionalProperties": False,
        "components": ASYNCAPI["components"],
    }
    for example in message["examples"]:
        assert list(Draft202012Validator(schema).iter_errors(example["payload"])) == []


def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere() -> None:
    """No script, no address but our own: it reads the same without a network."""
    page = build()["reference.html"].decode()
    for parameter in OPERATIONS:
        assert f'<article id="{parameter.values[0]["operationId"]}"' in page
    assert "<script" not in page
    assert "style=" not in page
    for attribute in ('src="', 'href="http', "@import", "url("):
        assert attribute not in page
        assert attribute not in build()["reference.css"].decode()


def _at(reference: str) -> Any:
    found: Any = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
