"""`x-codeSamples` of the operations that programs call: curl, Python and JavaScript.

Each sample reads the address from `LINKTIME_URL` and the key from `LINKTIME_API_KEY`. Values are
those of the document's examples; tests run every sample with values of their own.
"""

import json
import re
from dataclasses import dataclass
from textwrap import indent
from typing import Any
from urllib.parse import urlencode

_JSON = "application/json"
_CHOSEN = "date"  # of the explanation, which takes a date or an instant
_QUERY = {"timezone": "Europe/Berlin", "date": "2026-03-02"}
_TOKEN = "link-1.AZdfPo98elKcHluPDTpuIgGQpbJ8Pn1P"  # noqa: S105 - an example
_USERNAME, _SLUG = "ann-host", "intro-call"
_DIGEST = "4f2a9c01d8e37b6655aa10ccf3b2d490"
_FILE = "logo.webp"


@dataclass(frozen=True)
class Request:
    """What a sample sends."""

    method: str
    target: str
    with_key: bool
    body: Any
    answered: str
    """The media type of the answer."""


def add(document: dict[str, Any]) -> None:
    """Add samples to every operation, and examples to the parameters of its path."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            values = _path_values(document, path)
            for parameter in operation["parameters"]:
                if parameter.get("in") == "path":
                    parameter["example"] = values[parameter["name"]]
            operation["x-codeSamples"] = _samples(_request(method, path, operation, values))


def _path_values(document: dict[str, Any], path: str) -> dict[str, str]:
    """Return an example for each parameter; an id is that of the example answer."""
    values = {"username": _USERNAME, "slug": _SLUG, "token": _TOKEN, "digest": _DIGEST}
    before, found, _after = path.partition("{id}")
    if found:
        values["id"] = _answer(document["paths"][before + found]["get"])["id"]
    return {name: values[name] for name in re.findall(r"\{(\w+)\}", path)}


def _answer(operation: dict[str, Any]) -> Any:
    return operation["responses"]["200"]["content"][_JSON]["example"]


def _request(method: str, path: str, operation: dict[str, Any], values: dict[str, str]) -> Request:
    query = {
        one["name"]: _QUERY[one["name"]]
        for one in operation["parameters"]
        if one.get("in") == "query" and (one["required"] or one["name"] == _CHOSEN)
    }
    target = path.format(**values) + (f"?{urlencode(query, safe='/')}" if query else "")
    content = operation.get("requestBody", {}).get("content", {})
    success = next(one for status, one in operation["responses"].items() if status < "300")
    return Request(
        method.upper(),
        target,
        with_key=any("apiKey" in way for way in operation["security"]),
        body=content[_JSON]["example"] if content else None,
        answered=next(iter(success["content"])),
    )


def _samples(request: Request) -> list[dict[str, str]]:
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(request)},
        {"lang": "Python", "label": "Python", "source": _python(request)},
        {"lang": "JavaScript", "label": "JavaScript", "source": _javascript(request)},
    ]


def _curl(request: Request) -> str:
    lines = [f'curl --fail-with-body -X {request.method} "$LINKTIME_URL{request.target}"']
    if request.with_key:
        lines.append('-H "Authorization: Bearer $LINKTIME_API_KEY"')
    if request.body is not None:
        text = json.dumps(request.body, ensure_ascii=False, indent=2).replace("'", "'\\''")
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    if _is_file(request):
        lines.append(f"-o {_FILE} -w '%{{size_download}}'")
    return " \\\n  ".join(lines)


def _python(request: Request) -> str:
    given = [f'os.environ["LINKTIME_URL"] + "{request.target}",']
    if request.with_key:
        given.append('headers={"Authorization": f"Bearer {os.environ[\'LINKTIME_API_KEY\']}"},')
    if request.body is not None:
        fields = "".join(
            f"    {_literal(name)}: {_literal(value)},\n" for name, value in request.body.items()
        )
        given.append(f"json={{\n{fields}}},")
    given.append("timeout=10,")
    read = {_JSON: "json()"}.get(request.answered, "text")
    if _is_file(request):
        read = "content"
    return (
        "import os\n\nimport requests\n\n"
        f"response = requests.{request.method.lower()}(\n{indent(chr(10).join(given), '    ')}\n)\n"
        f"response.raise_for_status()\nprint(response.{read})"
    )


def _is_file(request: Request) -> bool:
    return request.answered.startswith("image/")


def _literal(value: Any) -> str:
    """Return a value as Python writes it, with texts in double quotes."""
    match value:
        case dict():
            fields = (f"{_literal(name)}: {_literal(one)}" for name, one in value.items())
            return f"{{{', '.join(fields)}}}"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case str():
            return json.dumps(value, ensure_ascii=False)
    return repr(value)


def _javascript(request: Request) -> str:
    headers = []
    if request.with_key:
        headers.append("Authorization: `Bearer ${process.env.LINKTIME_API_KEY}`,")
    if request.body is not None:
        headers.append('"Content-Type": "application/json",')
    given = [f'method: "{request.method}",']
    if headers:
        given.append("headers: {\n" + indent("\n".join(headers), "  ") + "\n},")
    if request.body is not None:
        text = json.dumps(request.body, ensure_ascii=False, indent=2)
        given.append(f"body: JSON.stringify({text}),")
    read = {_JSON: "json()"}.get(request.answered, "text()")
    if _is_file(request):
        read = "blob()"
    return (
        f"const response = await fetch(`${{process.env.LINKTIME_URL}}{request.target}`, {{\n"
        f"{indent(chr(10).join(given), '  ')}\n}});\n"
        "if (!response.ok) throw new Error(await response.text());\n"
        f"console.log(await response.{read});"
    )
