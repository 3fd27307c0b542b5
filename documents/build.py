"""All documents as file contents."""

import json
from typing import Any

from documents import asyncapi, forwards, openapi


def build() -> dict[str, bytes]:
    """Return the files of the gateway's `documents` folder by name."""
    return {
        "openapi.json": _json(openapi.build()),
        "asyncapi.json": _json(asyncapi.build()),
        "forwards.json": forwards.build(),
    }


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
