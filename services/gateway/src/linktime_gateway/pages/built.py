"""The files that `make web` builds from web/, read when the process starts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from linktime_common.http.compression import accepted_codings
from linktime_common.languages import LANGUAGES

ASSETS: Final = "/assets/"
MANIFEST = "manifest.json"
STYLE = "style.css"
ICON = f"{ASSETS}icon-"
# Other sites name it, so its address does not change with its content.
EMBED = "embed.js"
METHODS = ("GET", "HEAD")
# A file of another content has another name.
CACHED = "public, max-age=31536000, immutable"
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
# In the order of preference: brotli is smaller.
ENCODINGS = {"br": "br", "gzip": "gz"}


@dataclass(frozen=True)
class Asset:
    """A file and its compressed forms by coding."""

    content: bytes
    compressed: Mapping[str, bytes]
    headers: Mapping[str, str]

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Return the file; raises HTTPMethodNotAllowed."""
        if request.method not in METHODS:
            raise web.HTTPMethodNotAllowed(request.method, METHODS)
        accepted = accepted_codings(request.headers)
        for coding, body in self.compressed.items():
            if coding in accepted:
                return web.Response(
                    body=body, headers={**self.headers, str(hdrs.CONTENT_ENCODING): coding}
                )
        return web.Response(body=self.content, headers=self.headers)


@dataclass(frozen=True)
class Entry:
    """The addresses of a page's script and of the files that it imports."""

    script: str
    imports: tuple[str, ...]


@dataclass(frozen=True)
class Built:
    """Everything that was built; `messages` by language and key."""

    assets: Mapping[str, Asset]
    entries: Mapping[str, Entry]
    style: str
    icon: str
    embed: bytes
    messages: Mapping[str, Mapping[str, str]]


@cache
def load() -> Built | None:
    """Return the built files, or None if there are none."""
    folder = files(__package__) / "built"
    if not (folder / MANIFEST).is_file():
        return None
    assets = dict(_assets(folder))
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    entries = {
        chunk["name"]: Entry(
            ASSETS + chunk["file"], tuple(dict.fromkeys(_imports(chunk, manifest)))
        )
        for chunk in manifest.values()
        if chunk.get("isEntry")
    }
    return Built(
        assets=assets,
        entries=entries,
        style=ASSETS + manifest[STYLE]["file"],
        icon=next(path for path in assets if path.startswith(ICON)),
        embed=(folder / EMBED).read_bytes(),
        messages={
            language: orjson.loads((folder / "messages" / f"{language}.json").read_bytes())
            for language in LANGUAGES
        },
    )


def _imports(chunk: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    for name in chunk.get("imports", ()):
        yield from _imports(manifest[name], manifest)
        yield ASSETS + manifest[name]["file"]


def _assets(folder: Traversable) -> Iterator[tuple[str, Asset]]:
    names = {path.name for path in folder.iterdir() if path.is_file()}
    for name in names - {MANIFEST, EMBED}:
        kind = TYPES.get(name.rpartition(".")[2])
        if kind is None:
            continue
        compressed = {
            coding: (folder / f"{name}.{ending}").read_bytes()
            for coding, ending in ENCODINGS.items()
            if f"{name}.{ending}" in names
        }
        headers = {
            str(hdrs.CONTENT_TYPE): kind,
            str(hdrs.CACHE_CONTROL): CACHED,
            str(hdrs.VARY): str(hdrs.ACCEPT_ENCODING),
        }
        yield ASSETS + name, Asset((folder / name).read_bytes(), compressed, headers)
