"""All documents, as the bytes of their files."""

import json
from pathlib import Path
from typing import Any

from documents import asyncapi, openapi, reference


def build() -> dict[str, bytes]:
    """The files of the gateway's `documents` folder by name."""
    described = openapi.build()
    return {
        "openapi.json": _json(described),
        "asyncapi.json": _json(asyncapi.build()),
        "reference.html": reference.build(described).encode(),
        "reference.css": (Path(__file__).parent / "reference.css").read_bytes(),
    }


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
