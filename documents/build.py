"""All documents as file contents."""

import json
from pathlib import Path
from typing import Any

from documents import asyncapi, error_codes, events_table, forwards, openapi

ROOT = Path(__file__).parents[1]
SERVED = "services/gateway/src/linktime_gateway/documents"
ARCHITECTURE = "docs/architecture.md"
API = "docs/api.md"
ASYNCAPI = f"{SERVED}/asyncapi.json"


def build() -> dict[str, bytes]:
    """Return the contents by path in the checkout."""
    return {
        **{
            f"{SERVED}/{name}": _json(document)
            for name, document in openapi.split(openapi.build()).items()
        },
        ASYNCAPI: _json(asyncapi.build(json.loads((ROOT / ASYNCAPI).read_text("utf-8")))),
        f"{SERVED}/forwards.json": forwards.build(),
        ARCHITECTURE: events_table.build((ROOT / ARCHITECTURE).read_text("utf-8")).encode(),
        API: error_codes.build((ROOT / API).read_text("utf-8")).encode(),
    }


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
