"""Examples of errors in the OpenAPI documents are what the product answers."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from linktime_operator.stack.stack import Stack
from tests.api_document import DOCUMENT
from tests.browsers import Browser, sign_up
from tests.hosts import Host

# These count attempts of the address or need what only a mail contains.
KEY = "Idempotency-Key"
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
        required = {
            one["name"]
            for one in self.operation["parameters"]
            if one.get("in") == "query" and one["required"]
        }
        if self.path.endswith("/explain"):  # takes one of two
            required.add("date")
        return {name: EXAMPLES[name] for name in required}

    def example(self, status: int) -> Any:
        answer = self.operation["responses"].get(str(status), {})
        return answer.get("content", {}).get("application/json", {}).get("example")


# What paths and required parameters are called with, unless they are to name nothing.
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


WITHOUT_BODY = [one for one in having(400) if "requestBody" not in one.values[0].operation]
OF_ONE_THING = [
    one
    for one in having(404)
    if re.search(r"/\{(id|slug|token)\}[^{]*$", one.values[0].path)
    and one.values[0].path.count("{") == 1 + ("{username}" in one.values[0].path)
]


@dataclass(frozen=True)
class Callers:
    """A host with a key, and the host's browser."""

    stack: Stack
    http: aiohttp.ClientSession
    host: Host
    browser: Browser
    token: str

    async def call(self, described: Described, *, known: bool = True, **sent: Any) -> Any:
        """Return status and body of a request to a path with ids that name nothing."""
        values = EXAMPLES | {"username": self.host.username} | sent.pop("values", {})
        path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], str(uuid4())), described.path)
        headers = {"Content-Type": "application/json"} | sent.pop("headers", {})
        if known and described.path.startswith("/dashboard/"):
            headers |= self.browser.headers
        elif known:
            headers["Authorization"] = f"Bearer {self.host.key}"
        sent.setdefault("params", described.query)
        url = self.stack.file.gateway.rstrip("/") + path
        async with self.http.request(described.method, url, headers=headers, **sent) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else await response.read()


@pytest.fixture(scope="module")
async def callers(stack: Stack, http: aiohttp.ClientSession) -> Callers:
    host, browser = await sign_up(stack, http)
    (event_type,) = (await host.call("GET", "/api/v1/event-types")).body["data"]
    invitee = {"inviteeName": "Zoë", "inviteeEmail": "zoe@example.com", "inviteeTimezone": "UTC"}
    wanted = {"eventTypeId": event_type["id"], "startTime": (await host.slots())[0], **invitee}
    booked = await host.call("POST", "/api/bookings", wanted)
    token = booked.body["manageUrl"].rpartition("/")[2]
    return Callers(stack, http, host, browser, token)


@pytest.mark.parametrize("described", having(401))
async def test_without_a_credential(callers: Callers, described: Described) -> None:
    """401."""
    answer = await callers.call(described, known=False, json=described.body)
    assert answer == (401, described.example(401))


@pytest.mark.parametrize("described", having(400, "requestBody"))
async def test_with_an_invalid_body(callers: Callers, described: Described) -> None:
    """400 without the required fields, or with an unknown one if none is required."""
    known = {"token": callers.token}
    found = [
        await callers.call(described, json=body, values=known) for body in ({}, {"unknown": ""})
    ]
    assert (400, described.example(400)) in found


@pytest.mark.parametrize("described", WITHOUT_BODY)
async def test_with_an_invalid_query_key_or_path(callers: Callers, described: Described) -> None:
    """400 without required parameters, with an invalid page or key, or for a refused path."""
    known = {"token": callers.token}
    found = [
        await callers.call(described, params=query, values=known, headers={KEY: "x" * 256})
        for query in ({}, {"page": "0"})
    ]
    refused = Described(described.method, f"{described.path}%2F", described.operation)
    found.append(await callers.call(refused))
    assert (400, described.example(400)) in found


@pytest.mark.parametrize("described", OF_ONE_THING)
async def test_of_something_that_does_not_exist(callers: Callers, described: Described) -> None:
    """404; of several things in one path the first that is missing is named."""
    answer = await callers.call(described, json=described.body)
    assert answer == (404, described.example(404))


@pytest.mark.parametrize("described", having(415))
async def test_with_a_body_that_is_not_json(callers: Callers, described: Described) -> None:
    """415."""
    answer = await callers.call(
        described,
        data=b"{}",
        headers={"Content-Type": "text/plain"},
        values={"token": callers.token},
    )
    assert answer == (415, described.example(415))


@pytest.mark.parametrize("described", having(413))
async def test_with_a_body_that_is_too_large(callers: Callers, described: Described) -> None:
    """413."""
    answer = await callers.call(described, data=BytesIO(b" " * (2**20 + 1)))
    assert answer == (413, described.example(413))
