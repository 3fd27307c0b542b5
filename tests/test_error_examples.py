"""Examples of errors in the OpenAPI documents are what the product answers."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from documents import openapi
from tests.browsers import Browser, sign_up
from tests.hosts import Host

from linktime_operator.stack.stack import Stack

DOCUMENT = openapi.build()
# These count attempts of the address or need what only a mail contains.
SIGNING = re.compile(r"^/dashboard/api/(session|sessions|account/.*|password.*)$")


@dataclass(frozen=True)
class Described:
    """One operation, with the examples of its errors by status."""

    method: str
    path: str
    operation: dict[str, Any]

    @property
    def body(self) -> Any:
        content = self.operation.get("requestBody", {}).get("content", {})
        return content["application/json"]["example"] if content else None

    @property
    def query(self) -> dict[str, str]:
        """Return values of the required parameters."""
        return {
            one["name"]: EXAMPLES[one["name"]]
            for one in self.operation["parameters"]
            if one.get("in") == "query" and one["required"]
        }

    def example(self, status: int) -> Any:
        answer = self.operation["responses"].get(str(status), {})
        return answer.get("content", {}).get("application/json", {}).get("example")


EXAMPLES = {
    "timezone": "Europe/Berlin",
    "date": "2026-03-01",
    "from": "2026-03-01",
    "to": "2026-03-02",
}
OPERATIONS = [
    Described(method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if not SIGNING.match(path)
]


def having(status: int, *fields: str) -> list[Any]:
    """Return the operations with an example of the status and with the fields."""
    return [
        pytest.param(one, id=f"{one.method} {one.path}")
        for one in OPERATIONS
        if one.example(status) and all(field in one.operation for field in fields)
    ]


@dataclass(frozen=True)
class Callers:
    """A host with a key, and the host's browser."""

    stack: Stack
    http: aiohttp.ClientSession
    host: Host
    browser: Browser

    async def call(self, described: Described, *, known: bool = True, **sent: Any) -> Any:
        """Return status and body of a request to a path with values that name nothing."""
        path = re.sub(
            r"\{(\w+)\}", lambda name: EXAMPLES.get(name[1], str(uuid4())), described.path
        )
        headers = {"Content-Type": "application/json"} | sent.pop("headers", {})
        if known and described.path.startswith("/dashboard/"):
            headers |= self.browser.headers
        elif known:
            headers["Authorization"] = f"Bearer {self.host.key}"
        sent.setdefault("params", described.query)
        url = self.stack.file.gateway.rstrip("/") + path
        async with self.http.request(described.method, url, headers=headers, **sent) as response:
            return response.status, await response.json(content_type=None)


@pytest.fixture(scope="module")
async def callers(stack: Stack, http: aiohttp.ClientSession) -> Callers:
    host, browser = await sign_up(stack, http)
    return Callers(stack, http, host, browser)


@pytest.mark.parametrize("described", having(401))
async def test_without_a_credential(callers: Callers, described: Described) -> None:
    """401."""
    answer = await callers.call(described, known=False, json=described.body)
    assert answer == (401, described.example(401))


@pytest.mark.parametrize("described", having(400, "requestBody"))
async def test_with_an_invalid_body(callers: Callers, described: Described) -> None:
    """400 without the required fields, or with an unknown one if none is required."""
    found = [await callers.call(described, json=body) for body in ({}, {"unknown": ""})]
    assert (400, described.example(400)) in found


@pytest.mark.parametrize("described", having(400))
async def test_with_an_invalid_query_or_path(callers: Callers, described: Described) -> None:
    """400 without the required parameters, with an invalid page, or with a path that is refused."""
    if "requestBody" in described.operation:
        return
    found = [await callers.call(described, params=query) for query in ({}, {"page": "0"})]
    if "details" not in described.example(400):
        hidden = Described(described.method, f"{described.path}/.hidden", described.operation)
        found.append(await callers.call(hidden))
    assert (400, described.example(400)) in found


@pytest.mark.parametrize("described", having(404))
async def test_of_something_that_does_not_exist(callers: Callers, described: Described) -> None:
    """404."""
    answer = await callers.call(described, json=described.body)
    assert answer == (404, described.example(404))


@pytest.mark.parametrize("described", having(415))
async def test_with_a_body_that_is_not_json(callers: Callers, described: Described) -> None:
    """415."""
    answer = await callers.call(described, data=b"{}", headers={"Content-Type": "text/plain"})
    assert answer == (415, described.example(415))


@pytest.mark.parametrize("described", having(413))
async def test_with_a_body_that_is_too_large(callers: Callers, described: Described) -> None:
    """413."""
    answer = await callers.call(described, data=b" " * (2**20 + 1))
    assert answer == (413, described.example(413))
