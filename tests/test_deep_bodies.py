"""Bodies nested deeper than the limit, sent to everything that takes a body."""

import re
from uuid import uuid4

import aiohttp
import pytest

from linktime_common.json_input import TOO_DEEP
from linktime_operator.stack.stack import Stack
from tests.api_document import DOCUMENT
from tests.browsers import Browser, sign_up
from tests.hosts import Host

TAKES_A_BODY = [
    (method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if isinstance(operation, dict) and "requestBody" in operation
]
DEEP = b"[" * 1_000 + b"]" * 1_000


def fields(method: str, path: str) -> list[str]:
    """Return the names of the body's fields."""
    content = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]
    schema = content["application/json"]["schema"]
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return list(schema["properties"])


@pytest.fixture(scope="module")
async def somebody(stack: Stack, http: aiohttp.ClientSession) -> tuple[Host, Browser]:
    return await sign_up(stack, http)


@pytest.mark.parametrize(("method", "path"), TAKES_A_BODY)
async def test_deep_bodies_are_refused(
    somebody: tuple[Host, Browser], method: str, path: str
) -> None:
    """400 with the reason, for any field."""
    host, browser = somebody
    address = re.sub(r"{[a-z_]+}", str(uuid4()), path.replace("{date}", "2030-01-01"))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {host.key}"}
    if path.startswith("/dashboard/"):
        headers |= browser.headers
    assert fields(method, path)
    for field in fields(method, path):
        async with host.http.request(
            method,
            host.stack.file.gateway + address,
            data=f'{{"{field}":'.encode() + DEEP + b"}",
            headers=headers,
        ) as answer:
            found = answer.status, await answer.json()
        # An invalid link is refused before the body is parsed.
        assert found == (400, {"error": TOO_DEEP, "code": "malformed_body"}) or (
            "{token}" in path and found[0] == 404
        )
