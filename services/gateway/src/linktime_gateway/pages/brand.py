"""A host's colours and logo on its pages."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

COLOUR_CHARACTERS = 7


def brand_style(brand: Mapping[str, Any]) -> str | None:
    """Return the style sheet with the host's accent colour, or None without one.

    It is part of the page, so that nothing is shown in another colour first; the policy names its
    hash. Texts on the soft form of the accent are ink: the contrast of the colour is only known
    for the sheet.
    """
    colours = brand["contrastColours"]
    if colours is None:
        return None
    light, dark = _checked(colours["light"]), _checked(colours["dark"])
    return (
        f":root{{--accent:light-dark({light},{dark});--on-accent:light-dark(#fff,#141311);"
        "--soft:color-mix(in srgb,var(--accent) 14%,var(--sheet));--on-soft:var(--ink)}"
    )


def style_hash(style: str) -> str:
    """Return the source with which a policy allows this style sheet."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def logo_path(brand: Mapping[str, Any]) -> str | None:
    """Return the path of the logo on this origin, or None."""
    address = brand["logoUrl"]
    return None if address is None else urlsplit(address).path


def _checked(colour: str) -> str:
    if len(colour) != COLOUR_CHARACTERS or not colour.startswith("#"):
        raise ValueError("a colour of a brand is malformed")
    return f"#{int(colour[1:], 16):06x}"
