"""Slugs that are made from names."""

import pytest

from linktime_availability.domain.event_type import slug_from


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Łódź Ørsted Straße", "lodz-orsted-strasse"),
        ("Æther", "aether"),
        ("Đặng", "dang"),
        ("ß", "ss"),
        ("Œuvre İzmir ı", "oeuvre-izmir-i"),
        ("Ann's call", "anns-call"),
        ("日本語の会議", "meeting"),
    ],
)
def test_latin_letters_stay(name: str, slug: str) -> None:
    """Those that do not decompose (ł, ø, đ, æ) were dropped, and so was ß."""
    assert slug_from(name) == slug
