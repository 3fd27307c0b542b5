"""The reference pages, and what the API's document begins with."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from documents import openapi

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.http.described_errors import ERRORS
from linktime_gateway.api import documents as served
from linktime_gateway.api.reference import page
from linktime_gateway.api.reference.page import STYLE, render
from tests.api_document import DOCUMENT as OPENAPI
from tests.pages import ROOT

DOCUMENTS = openapi.split(OPENAPI)


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = (document["paths"] | document.get("webhooks", {})).values()
    return [operation for operations in found for operation in operations.values()]


def rendered(document: dict[str, Any]) -> str:
    """Return the page as it is without built files."""
    return render(document, "api", None)


def test_the_outline_has_every_operation_and_loads_nothing_from_elsewhere() -> None:
    """No external address, no style and no script of its own in the text."""
    documents = served.load()
    for name, path in (("openapi.json", "/docs"), ("openapi-dashboard.json", "/docs/dashboard")):
        outline = documents[path].content.decode()
        for operation in operations_of(DOCUMENTS[name]):
            assert f'<dt id="{operation["operationId"]}"' in outline
        assert "<script>" not in outline
        assert "style=" not in outline
        for attribute in ('src="http', 'href="http', "@import", "url("):
            assert attribute not in outline
            assert attribute not in documents[STYLE].content.decode()


def test_the_reference_has_the_colours_of_the_pages() -> None:
    """Its style sheet is served without a build, and repeats their values."""
    pattern = re.compile(r"^  (--[\w-]+): (light-dark\(.*\));$", re.MULTILINE)
    pages = dict(pattern.findall((ROOT / "web/src/style/tokens.css").read_text()))
    reference = pattern.findall((Path(page.__file__).parent / "style.css").read_text())
    shared = [(name, value) for name, value in reference if name in pages]
    assert len(shared) > 5
    for name, value in shared:
        assert value == pages[name], name


def test_of_scalar_only_the_finished_files_are_installed() -> None:
    """Its 300 dependencies are part of them; docs/dependencies.md says how to update it."""
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    found = [name for name in lock if name.startswith("node_modules/@scalar/")]
    assert found == ["node_modules/@scalar/api-reference"]
    assert "dependencies" not in lock[found[0]]


def test_the_reference_begins_with_what_a_newcomer_needs() -> None:
    """Then the calls of hosts, those of invitees after them, and webhooks last."""
    api = DOCUMENTS["openapi.json"]
    outline = rendered(api)
    headings = ["Getting started", "Authentication", "Errors", "Limits", "Pagination"]
    assert re.findall(r"^## (.*)$", api["info"]["description"], re.MULTILINE) == headings
    tags = [tag["name"] for tag in api["tags"]]
    assert [tags[0], *tags[-3:]] == ["Bookings", "Public", "Ingestion", "Webhook events"]
    assert all(tag["description"] for tag in api["tags"])
    assert re.findall(r"<h2>(.*?)</h2>", outline) == [*headings, *tags]
    assert next(iter(api["paths"])) == "/api/v1/bookings"
    assert "```" not in outline


def test_every_error_is_in_the_introduction() -> None:
    """Each status with its meaning, and each code with its statuses."""
    text = DOCUMENTS["openapi.json"]["info"]["description"]
    for status, error in ERRORS.items():
        assert f"- `{status}` {error.when}" in text
    listed = set(re.findall(r"^- `([a-z_]+)` \d", text, re.MULTILINE))
    assert listed == {code.value for code in ErrorCode}


def test_every_field_of_pagination_is_in_the_introduction() -> None:
    """Also that of lists with a cursor, and its parameter."""
    api = DOCUMENTS["openapi.json"]
    text = api["info"]["description"].partition("## Pagination")[2]
    fields = api["components"]["schemas"]["CursorPagination"]["properties"]
    assert re.findall(r"`(\w+)`", text.partition("`pagination` has")[2]) == [
        *fields,
        "cursor",
        "page",
    ]


@pytest.mark.parametrize("path", ["/api/v1/bookings", "/api/v1/calls"])
def test_parameters_have_their_default(path: str) -> None:
    """A list without `status` has entries of every status."""
    parameters = OPENAPI["paths"][path]["get"]["parameters"]
    defaults = {one["name"]: one["schema"].get("default") for one in parameters}
    assert defaults["status"] == "all"
    assert (defaults["page"], defaults["limit"]) == (1, 20)


def test_the_page_escapes_texts() -> None:
    """Markup in a text is shown as text."""
    text = json.dumps(OPENAPI).replace("Lists are pages", "<script>alert(1)</script>")
    outline = rendered(json.loads(text))
    assert "&lt;script&gt;alert(1)" in outline
    assert "<script" not in outline
