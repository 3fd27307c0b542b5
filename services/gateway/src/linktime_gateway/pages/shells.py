"""Composes the pages: HTML with the texts, the links to the built files and the data as JSON."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson
from aiohttp import hdrs, web
from jinja2 import Environment, StrictUndefined, Template

from linktime_common.http.compression import GZIP, accepted_codings, gzip
from linktime_common.languages import DEFAULT_LANGUAGE, LANGUAGES, preferred
from linktime_gateway.pages.built import load
from linktime_gateway.pages.policy import VARY, page_policy

COMPRESSION_LEVEL = 6  # a page is compressed once and answered for seconds
MOST_BYTES_AT_ONCE = 64 * 1024  # more is compressed in a thread
DIRECTIONS = {"ar": "rtl"}
NAMES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "ar": "العربية"}
# Texts with this prefix are written by the server and not part of the data for the script.
SERVER_TEXTS = "page."
MOST_DESCRIPTION_CHARACTERS = 200
ARGUMENT = re.compile(r"\{(\w+)\}")
LANGUAGE: Final = "lang"


@dataclass(frozen=True)
class Shell:
    """A page in one language; `compressed` is None for one with confidential data."""

    html: bytes
    compressed: bytes | None
    language: str


def language_of(request: web.BaseRequest) -> str:
    """Return the language that the address names, or else the browser's."""
    chosen = request.query.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT_LANGUAGE, ()))
    return preferred(accepted) or DEFAULT_LANGUAGE


async def compose(
    name: str,
    language: str,
    *,
    facts: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
    brand: str | None = None,
    confidential: bool = False,
    shown_on: Sequence[str] | None = None,
) -> Shell:
    """Return the page from the template `name`; `data` is what its script reads.

    `brand` is the style sheet with the host's colours. In a frame, `shown_on` are the sites that
    may exchange messages with the page.
    """
    built = load()
    if built is None:
        raise RuntimeError("the pages are not built")
    texts = built.messages[language]
    html = (
        _template(name)
        .render(
            t=Texts(texts),
            language=language,
            direction=DIRECTIONS.get(language, "ltr"),
            languages=NAMES,
            built=built,
            brand=brand,
            entry=built.entries.get(name),
            shown_on=shown_on,
            data=_inlined(language, texts, data) if data is not None else None,
            **facts,
        )
        .encode()
    )
    return Shell(html, None if confidential else await _compressed(html), language)


def respond(
    shell: Shell, request: web.BaseRequest, *, status: int = 200, policy: str | None = None
) -> web.Response:
    """Return the page, compressed if the client accepts it."""
    headers = {
        # On the way back browsers show what they stored, and would offer times that are taken.
        str(hdrs.CACHE_CONTROL): "no-store",
        str(hdrs.CONTENT_LANGUAGE): shell.language,
        str(hdrs.VARY): VARY,
        "Content-Security-Policy": policy or page_policy(),
    }
    body = shell.html
    if shell.compressed is not None and GZIP in accepted_codings(request.headers):
        body = shell.compressed
        headers[str(hdrs.CONTENT_ENCODING)] = GZIP
    return web.Response(
        status=status, body=body, content_type="text/html", charset="utf-8", headers=headers
    )


class Texts:
    """The messages of one language, with `{name}` replaced by arguments."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._messages = messages

    def __call__(self, key: str, **values: str) -> str:
        # In one pass, since a value can look like an argument.
        return ARGUMENT.sub(lambda found: values.get(found[1], found[0]), self._messages[key])


def shown_summary(text: str | None) -> str:
    """Return a description short enough for search engines and previews."""
    words = " ".join((text or "").split())
    if len(words) <= MOST_DESCRIPTION_CHARACTERS:
        return words
    return f"{words[: MOST_DESCRIPTION_CHARACTERS - 1].rstrip()}…"


def _inlined(language: str, texts: Mapping[str, str], data: Mapping[str, Any]) -> str:
    messages = {key: text for key, text in texts.items() if not key.startswith(SERVER_TEXTS)}
    content = orjson.dumps({"language": language, "messages": messages, **data})
    # A data block ends at the first "</script"; an escape has the same meaning in JSON.
    return content.replace(b"<", b"\\u003c").decode()


async def _compressed(html: bytes) -> bytes:
    if len(html) > MOST_BYTES_AT_ONCE:
        return await asyncio.to_thread(gzip, html, COMPRESSION_LEVEL)
    return gzip(html, COMPRESSION_LEVEL)


@cache
def _template(name: str) -> Template:
    folder = files(__package__) / "templates"
    base = (folder / "base.html").read_text("utf-8")
    page = (folder / f"{name}.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["base"] = environment.from_string(base)
    return environment.from_string(page)
