"""The Content-Security-Policy of the pages: own files only, no inline code, no third party."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import hdrs, web

FRAMES = {"embed", "frame", "iframe", "object"}
DESTINATION = "Sec-Fetch-Dest"
VARY = f"{hdrs.ACCEPT_ENCODING}, {hdrs.ACCEPT_LANGUAGE}, {DESTINATION}"
SELF = "'self'"


def page_policy(
    sites: Sequence[str] | None = None, styles: Sequence[str] = (), *, frames: bool = False
) -> str:
    """Return the policy of a page.

    `sites` may show it in a frame, as other pages of this origin may, or nobody if None. `styles`
    are hashes of style sheets within the page. `frames` lets it show pages of this origin.
    """
    ancestors = "'none'" if sites is None else " ".join((SELF, *sites))
    return (
        "default-src 'none'; script-src 'self'; img-src 'self'; "
        f"style-src {' '.join([SELF, *styles])}; "
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
