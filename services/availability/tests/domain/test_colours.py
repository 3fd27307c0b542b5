"""Accent colours, corrected for the contrast that texts need."""

import random

import pytest

from linktime_availability.domain.colours import (
    DARK_BACKGROUND,
    LEAST_CONTRAST,
    LIGHT_BACKGROUND,
    ContrastColours,
    contrast,
    contrast_colours,
    is_colour,
)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_ratios_are_those_of_wcag(one: str, other: str, ratio: float) -> None:
    """Known values, in both orders."""
    assert round(contrast(one, other), 2) == ratio
    assert contrast(one, other) == contrast(other, one)


@pytest.mark.parametrize(
    ("colour", "light", "dark"),
    [
        ("#000000", "#000000", "#888888"),
        ("#ffffff", "#767676", "#ffffff"),
        ("#1A73E8", "#1a73e8", "#3c88eb"),
        ("#ffcc00", "#907300", "#ffcc00"),
    ],
)
def test_corrected_colours(colour: str, light: str, dark: str) -> None:
    """A colour with enough contrast stays, in lower case; the last digit of others counts."""
    assert contrast_colours(colour) == ContrastColours(light=light, dark=dark)
    assert contrast("#907300", "#ffffff") > LEAST_CONTRAST > contrast("#917400", "#ffffff")


def test_every_colour_gets_enough_contrast() -> None:
    """And the background of a darker page adds to it."""
    chosen = random.Random(1)
    for _ in range(1_000):
        colour = f"#{chosen.randrange(1 << 24):06x}"
        found = contrast_colours(colour)
        assert contrast(found.light, LIGHT_BACKGROUND) >= LEAST_CONTRAST, colour
        for background in (DARK_BACKGROUND, "#121212", "#000000"):
            assert contrast(found.dark, background) >= LEAST_CONTRAST, colour


@pytest.mark.parametrize(
    "text",
    ["", "#fff", "ffcc00", "#ffcc0g", "#ffcc00 ", "#ffcc00\n", "#ffcc0000", "red", "#١23456"],
)
def test_other_texts_are_no_colours(text: str) -> None:
    """Six digits, and nothing else that CSS accepts."""
    assert not is_colour(text)
