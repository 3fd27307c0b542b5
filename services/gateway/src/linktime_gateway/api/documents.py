"""The API documents: OpenAPI, AsyncAPI and the reference pages.

`make openapi` writes the files; the pages are rendered from them at startup. They contain nothing
specific to an installation.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Protocol

import orjson
from aiohttp import hdrs, web

from linktime_common.http.compression import GZIP, accepted_codings, gzip
from linktime_common.http.etags import is_known
from linktime_gateway.api.reference.page import STYLE, render
from linktime_gateway.pages import built
from linktime_gateway.pages.built import Asset

CACHED = "public, max-age=300"
DOCUMENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
REFERENCE_POLICY = (
    "default-src 'none'; script-src 'self'; "
    # Scalar adds its style sheets with its script, and writes style attributes. The page renders
    # nothing but our own documents and answers to its visitor, and loads no style from elsewhere.
    "style-src 'self' 'unsafe-inline'; "
    # The documents, and the calls that a visitor tries.
    "connect-src 'self'; "
    # Icons in its style sheets.
    "img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
METHODS = ("GET", "HEAD")
REFERENCE = "/docs"
SMALLEST = 9  # compressed once, at the start
EMBED = "/embed.js"
# With `crossorigin`, and in pages that isolate themselves (Cross-Origin-Embedder-Policy).
LOADED_ANYWHERE = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
POLICY = "Content-Security-Policy"
# Of a 304 (RFC 9110 15.4.5); a browser replaces the policy of its copy by that of the 304.
UNCHANGED = (hdrs.ETAG, hdrs.CACHE_CONTROL, hdrs.VARY, POLICY, *LOADED_ANYWHERE)


class Answers(Protocol):
    """What answers the requests for one path, without a route."""

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return the response."""


@dataclass(frozen=True)
class ServedDocument:
    """A file with its ETag and response headers, and its content compressed with gzip."""

    content: bytes
    compressed: bytes
    tag: str
    headers: Mapping[str, str]

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return the file, or 304 if the client has it; raises HTTPMethodNotAllowed."""
        if request.method not in METHODS:
            raise web.HTTPMethodNotAllowed(request.method, METHODS)
        if is_known(request, self.tag):
            unchanged = {name: self.headers[name] for name in UNCHANGED if name in self.headers}
            return web.Response(status=304, headers=unchanged)
        if GZIP not in accepted_codings(request.headers):
            return web.Response(body=self.content, headers=self.headers)
        headers = {**self.headers, str(hdrs.CONTENT_ENCODING): GZIP}
        return web.Response(body=self.compressed, headers=headers)


class FrontPage:
    """The address without a path: it leads browsers to the reference page."""

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return the redirect; raises HTTPNotFound for programs."""
        accepted = ",".join(request.headers.getall(hdrs.ACCEPT, ()))
        if request.method not in METHODS or "text/html" not in accepted:
            raise web.HTTPNotFound
        headers = {hdrs.LOCATION: REFERENCE, hdrs.VARY: hdrs.ACCEPT, hdrs.CACHE_CONTROL: CACHED}
        return web.Response(status=302, headers=headers)


def load() -> dict[str, ServedDocument | FrontPage | Asset]:
    """Return the documents by path."""
    package = files("linktime_gateway")
    openapi, dashboard, asyncapi = (
        (package / "documents" / f"{name}.json").read_bytes()
        for name in ("openapi", "openapi-dashboard", "asyncapi")
    )
    style = (package / "api" / "reference" / "style.css").read_bytes()
    return {
        **_files_of_pages(),
        "/": FrontPage(),
        "/openapi.json": _document(openapi, "application/json"),
        "/openapi-dashboard.json": _document(dashboard, "application/json"),
        "/asyncapi.json": _document(asyncapi, "application/json"),
        REFERENCE: _page(openapi, "api"),
        "/docs/dashboard": _page(dashboard, "dashboard"),
        STYLE: _document(style, "text/css; charset=utf-8"),
    }


def _files_of_pages() -> dict[str, ServedDocument | Asset]:
    found = built.load()
    if found is None:
        return {}
    script = _document(found.embed, built.TYPES["js"], LOADED_ANYWHERE)
    return {**found.assets, EMBED: script}


def _page(openapi: bytes, name: str) -> ServedDocument:
    html = render(orjson.loads(openapi), name, built.load())
    return _document(html.encode(), "text/html; charset=utf-8", {POLICY: REFERENCE_POLICY})


def _document(
    content: bytes, kind: str, more: Mapping[str, str] = MappingProxyType({})
) -> ServedDocument:
    tag = hashlib.sha256(content).hexdigest()[:32]
    headers = {
        hdrs.CONTENT_TYPE: kind,
        # Weak: compressed, the document has other bytes.
        hdrs.ETAG: f'W/"{tag}"',
        hdrs.CACHE_CONTROL: CACHED,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
        POLICY: DOCUMENT_POLICY,
        **more,
    }
    return ServedDocument(content, gzip(content, SMALLEST), tag, headers)
