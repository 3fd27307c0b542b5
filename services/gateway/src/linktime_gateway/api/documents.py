"""The API documents: OpenAPI, AsyncAPI and the reference page.

`make openapi` writes the files; the page is rendered from one of them at startup. They contain
nothing specific to an installation.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import orjson
from aiohttp import hdrs, web

from linktime_common.http.compression import GZIP, accepts_gzip, gzip
from linktime_gateway.api.reference.page import STYLE, render

CACHED = "public, max-age=300"
# Allow only the page's own style sheet: no scripts, no frames, no other origins.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
METHODS = ("GET", "HEAD")
SMALLEST = 9  # compressed once, at the start


@dataclass(frozen=True)
class ServedDocument:
    """A file with its response headers, and its content compressed with gzip."""

    content: bytes
    compressed: bytes
    headers: Mapping[str, str]

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return the file, or 304 if the client has it; raises HTTPMethodNotAllowed."""
        if request.method not in METHODS:
            raise web.HTTPMethodNotAllowed(request.method, METHODS)
        etags = ",".join(request.headers.getall(hdrs.IF_NONE_MATCH, ())).replace("W/", "")
        if (
            self.headers[hdrs.ETAG].removeprefix("W/") in {tag.strip() for tag in etags.split(",")}
            or etags == "*"
        ):
            unchanged = {name: self.headers[name] for name in (hdrs.ETAG, hdrs.CACHE_CONTROL)}
            return web.Response(status=304, headers=unchanged)
        if not accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING)):
            return web.Response(body=self.content, headers=self.headers)
        headers = {**self.headers, str(hdrs.CONTENT_ENCODING): GZIP}
        return web.Response(body=self.compressed, headers=headers)


def load() -> dict[str, ServedDocument]:
    """Return the documents by path."""
    package = files("linktime_gateway")
    openapi = (package / "documents" / "openapi.json").read_bytes()
    asyncapi = (package / "documents" / "asyncapi.json").read_bytes()
    page = render(orjson.loads(openapi)).encode()
    style = (package / "api" / "reference" / "style.css").read_bytes()
    return {
        "/openapi.json": _document(openapi, "application/json"),
        "/asyncapi.json": _document(asyncapi, "application/json"),
        "/docs": _document(page, "text/html; charset=utf-8"),
        STYLE: _document(style, "text/css; charset=utf-8"),
    }


def _document(content: bytes, kind: str) -> ServedDocument:
    headers = {
        hdrs.CONTENT_TYPE: kind,
        # Weak: compressed, the document has other bytes.
        hdrs.ETAG: f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
        hdrs.CACHE_CONTROL: CACHED,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
        "Content-Security-Policy": PAGE_POLICY,
    }
    return ServedDocument(content, gzip(content, SMALLEST), headers)
