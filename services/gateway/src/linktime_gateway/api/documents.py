"""The API's own description: fixed files of this package, for machines and for people.

`make openapi` writes them; they hold nothing that differs between installations.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import hdrs, web

CACHED = "public, max-age=300"
# Nothing but the page's own style: no script, no frame, nothing from elsewhere.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
METHODS = ("GET", "HEAD")
_KINDS = {
    "/openapi.json": ("openapi.json", "application/json"),
    "/asyncapi.json": ("asyncapi.json", "application/json"),
    "/docs": ("reference.html", "text/html; charset=utf-8"),
    "/docs/reference.css": ("reference.css", "text/css; charset=utf-8"),
}


@dataclass(frozen=True)
class Document:
    """A file as it is served."""

    content: bytes
    headers: Mapping[str, str]

    def answer(self, request: web.BaseRequest) -> web.Response:
        """The file, or 304 where the caller has it; raises HTTPMethodNotAllowed."""
        if request.method not in METHODS:
            raise web.HTTPMethodNotAllowed(request.method, METHODS)
        known = request.headers.get(hdrs.IF_NONE_MATCH, "").replace("W/", "")
        if self.headers[hdrs.ETAG] in {tag.strip() for tag in known.split(",")} or known == "*":
            unchanged = {name: self.headers[name] for name in (hdrs.ETAG, hdrs.CACHE_CONTROL)}
            return web.Response(status=304, headers=unchanged)
        return web.Response(body=self.content, headers=self.headers)


def load() -> dict[str, Document]:
    """Every document by its path."""
    return {path: _read(name, kind) for path, (name, kind) in _KINDS.items()}


def _read(name: str, kind: str) -> Document:
    content = (files("linktime_gateway") / "documents" / name).read_bytes()
    headers = {
        hdrs.CONTENT_TYPE: kind,
        hdrs.ETAG: f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        hdrs.CACHE_CONTROL: CACHED,
        "Content-Security-Policy": PAGE_POLICY,
    }
    return Document(content, headers)
