"""Renders the pages in the language of the browser."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson
from aiohttp import hdrs, web
from jinja2 import Environment, StrictUndefined, Template

from linktime_common.languages import DEFAULT_LANGUAGE, LANGUAGES, preferred
from linktime_gateway.domain.passwords import LONGEST, SHORTEST, PasswordProblem

FORM, DONE, ENDED = 200, 200, 410

_FOLDER = files(__package__)
_STYLE = (_FOLDER / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# The style is part of the page, so a page is one request and nothing else is allowed.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """The texts by their keys; `form` is that of the page, if it has one."""

    title: str
    text: str
    form: str | None = None
    problem: PasswordProblem | None = None


def respond(page: Page, headers: Mapping[str, str], *, status: int) -> web.Response:
    """Return the page in the language of the request with these headers."""
    language = preferred(headers.get(hdrs.ACCEPT_LANGUAGE, "")) or DEFAULT_LANGUAGE
    html = _template().render(
        language=language,
        t=_texts()[language],
        style=_STYLE,
        title=page.title,
        text=page.text,
        form=page.form,
        problem=page.problem,
        shortest=SHORTEST,
        longest=LONGEST,
    )
    return web.Response(
        status=status,
        text=html,
        content_type="text/html",
        headers={
            hdrs.CACHE_CONTROL: "no-store",
            hdrs.CONTENT_LANGUAGE: language,
            hdrs.VARY: hdrs.ACCEPT_LANGUAGE,
            "Content-Security-Policy": _POLICY,
            "Referrer-Policy": "no-referrer",
        },
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string((_FOLDER / "page.html").read_text("utf-8"))


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    folder = _FOLDER / "texts"
    return {code: orjson.loads((folder / f"{code}.json").read_bytes()) for code in LANGUAGES}
