"""The Content-Security-Policy of the pages: own files only, no inline code, no third party."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import hdrs, web

FRAMES = {"embed", "frame", "iframe", "object"}
DESTINATION = "Sec-Fetch-Dest"
VARY = f"{hdrs.ACCEPT_ENCODING}, {hdrs.ACCEPT_LANGUAGE}, {DESTINATION}"


def page_policy(sites: Sequence[str] | None = None, *, frames: bool = False) -> str:
    """Return the policy of a page.

    `sites` may show it in a frame, as the page itself may, or nobody if None; `frames` lets it show
    other pages of this origin in frames.
    """
    ancestors = "'none'" if sites is None else " ".join(("'self'", *sites))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; "
        + ("frame-src 'self'; " if frames else "")
        + f"frame-ancestors {ancestors}"
    )


def embedding_sites(data: Mapping[str, Any]) -> Sequence[str]:
    """Return the sites that may show the pages of a host; `data` is its page or event type."""
    sites: Sequence[str] = data["brand"]["embedSites"]
    return sites


def is_framed(request: web.BaseRequest) -> bool:
    """Return whether a browser asks for the page to show it in a frame."""
    return request.headers.get(DESTINATION) in FRAMES
