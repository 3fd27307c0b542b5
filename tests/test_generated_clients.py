"""Clients that generators make from the served OpenAPI documents, against the running services."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import openapi
from documents.build import ROOT, SERVED

from linktime_local.testing import node
from tests.api_document import DOCUMENT
from tests.hosts import Host

FOLDER = Path(__file__).parent / "clients"
DOCUMENTS = openapi.split(DOCUMENT)
SECONDS = 120
PYTHON_SETTINGS = {
    "post_hooks": [],  # it has no use for a formatter
    "content_type_overrides": {"image/webp": "application/octet-stream"},
}
SEEN = {
    "listed": [True],
    "moved": True,
    "cancelled": True,
    "again": "already_cancelled",
    "status": "CANCELLED",
    "isMoved": True,
    "history": ["created", "rescheduled", "cancelled"],
    "payment": None,
}


def run(*command: str | Path, folder: Path, path: Path | None = None) -> str:
    """Return what the command writes, errors and warnings included."""
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        cwd=folder,
        env=os.environ | ({"PYTHONPATH": str(path)} if path else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def generate_python(name: str, folder: Path) -> Path:
    """Generate the package `linktime_client`; fails on every warning of the generator."""
    (folder / "config.yaml").write_text(json.dumps(PYTHON_SETTINGS))
    said = run(
        *(sys.executable, "-m", "openapi_python_client", "generate"),
        *("--path", ROOT / SERVED / name, "--config", "config.yaml"),
        *("--meta", "none", "--output-path", "linktime_client"),
        folder=folder,
    )
    # The generator ends with 0 although it leaves out what it cannot read.
    assert said.strip() == "Generating linktime_client"
    return folder


@pytest.fixture(scope="module")
def python_clients(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders with the package for each document."""
    return {name: generate_python(name, tmp_path_factory.mktemp("python")) for name in DOCUMENTS}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm packages, installed once from their lock file."""
    return node.install(FOLDER, tmp_path_factory.mktemp("npm")).parent


def generate_typescript(name: str, packages: Path) -> None:
    """Generate `linktime.d.ts`; fails on every warning of the generator."""
    said = run(
        *("node_modules/.bin/openapi-typescript", ROOT / SERVED / name),
        *("--output", "linktime.d.ts"),
        "--default-non-nullable=false",  # or a field with a default is required
        folder=packages,
    )
    assert "warn" not in said.lower(), said


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_python_generator_reads_everything(name: str, python_clients: dict[str, Path]) -> None:
    """Without a warning: every shape becomes a model, every operation a function."""
    folder = python_clients[name]
    package = folder / "linktime_client"
    functions = {path.stem for path in package.glob("api/*/*.py")}
    document = DOCUMENTS[name]
    names = {
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    }
    assert functions - {"__init__"} == {snake(one) for one in names}
    models = run(
        *(sys.executable, "-c", "import linktime_client.models as m; print(*m.__all__)"),
        folder=folder,
        path=folder,
    )
    objects = {
        name for name, one in document["components"]["schemas"].items() if "properties" in one
    }
    assert objects <= set(models.split())


async def test_the_python_client_lists_books_moves_and_cancels(
    host: Host, python_clients: dict[str, Path]
) -> None:
    """With typed bodies and answers, errors included."""
    folder = python_clients["openapi.json"]
    said = run(sys.executable, FOLDER / "main_path.py", *of(host), folder=folder, path=folder)
    assert json.loads(said) == SEEN


async def test_the_typescript_client_lists_books_moves_and_cancels(
    host: Host, packages: Path
) -> None:
    """The compiler accepts calls that omit what is optional."""
    generate_typescript("openapi.json", packages)
    (packages / "main_path.ts").write_text((FOLDER / "main_path.ts").read_text())
    run(
        *("node_modules/.bin/tsc", "--strict", "--skipLibCheck", "--target", "es2022"),
        *("--module", "nodenext", "main_path.ts"),
        folder=packages,
    )
    said = run("node", "main_path.js", *of(host), folder=packages)
    assert json.loads(said) == SEEN


def test_the_typescript_generator_reads_the_dashboards_document(packages: Path) -> None:
    """Without a warning."""
    generate_typescript("openapi-dashboard.json", packages)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemas_have_what_generators_need(name: str) -> None:
    """Every list has `items`; no default is null, which would make an optional field required."""
    schemas = list(objects_in(DOCUMENTS[name]))
    assert [one for one in schemas if one.get("type") == "array" and "items" not in one] == []
    assert [one for one in schemas if "default" in one and one["default"] is None] == []
    assert [one for one in schemas if one.get("type") == "null" and len(one) > 1] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_answers_are_named(name: str) -> None:
    """Pages of lists, too, so that clients have one type for them."""
    answers = [
        content["schema"]
        for operations in DOCUMENTS[name]["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        for kind, content in answer.get("content", {}).items()
        if status < "300" and kind == "application/json"
    ]
    assert [one for one in answers if "$ref" not in one] == []
    assert any(one["$ref"].endswith("Page") for one in answers)


def test_prices_and_payments_are_objects_or_null() -> None:
    """They are null today; a client that knows their type goes on working later."""
    schemas = DOCUMENT["components"]["schemas"]
    fields = [
        one
        for schema in schemas.values()
        for name, one in schema.get("properties", {}).items()
        if name in {"price", "payment"}
    ]
    for field in fields:
        kind, nothing = field["anyOf"]
        assert schemas.get(kind.get("$ref", "").rpartition("/")[2], kind)["type"] == "object"
        assert nothing == {"type": "null"}
    assert len(fields) == 7


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object, at any depth, examples excluded."""
    if isinstance(value, list):
        for one in value:
            yield from objects_in(one)
    elif isinstance(value, dict):
        yield value
        for name, one in value.items():
            if name not in {"example", "examples"}:
                yield from objects_in(one)


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def of(host: Host) -> tuple[str, str, str]:
    return host.stack.file.gateway.rstrip("/"), host.key, host.event_type
