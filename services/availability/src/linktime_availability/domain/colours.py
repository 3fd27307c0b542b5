"""Colours with enough contrast for texts (WCAG 2.2, 1.4.3).

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LEAST_CONTRAST = 4.5
LIGHT_BACKGROUND = "#ffffff"
# The lightest background of a dark page: on a darker one the contrast is higher.
DARK_BACKGROUND = "#202124"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_STEPS = 255

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ContrastColours:
    """One colour for each scheme, as `#rrggbb` in lower case."""

    light: str
    dark: str


def is_colour(text: str) -> bool:
    """Return whether `text` is a colour such as `#1a73e8`, in any letter case."""
    return _COLOUR.fullmatch(text) is not None


def contrast_colours(colour: str) -> ContrastColours:
    """Return the colour, darkened for a light and lightened for a dark background if needed.

    Each is the one nearest to `colour` that has the contrast.
    """
    return ContrastColours(
        light=_towards(colour, _BLACK, LIGHT_BACKGROUND),
        dark=_towards(colour, _WHITE, DARK_BACKGROUND),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _towards(colour: str, end: Rgb, background: str) -> str:
    """Mix `colour` with `end` until it has the contrast to the background."""
    start = _rgb(colour)
    for step in range(_STEPS):
        mixed = _text(
            (from_ * (_STEPS - step) + to * step) / _STEPS
            for from_, to in zip(start, end, strict=True)
        )
        if contrast(mixed, background) >= LEAST_CONTRAST:
            return mixed
    return _text(end)


def _rgb(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _text(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in channels)


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    # The limit of IEC 61966-2-1; WCAG prints 0.03928, which is the same for 8 bits.
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
