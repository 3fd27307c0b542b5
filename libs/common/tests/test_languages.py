"""Languages from tags and from Accept-Language."""

import pytest

from linktime_common.languages import is_tag, language_of, preferred, wanted_tags


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("AR-eg", "ar"),
        ("pt-BR", None),
        ("deu", None),
        ("deu" + "-a" * 16, None),
    ],
)
def test_region_is_cut(tag: str, language: str | None) -> None:
    assert is_tag(tag)
    assert language_of(tag) == language


@pytest.mark.parametrize(
    "text", ["", "d", "de_AT", "de-", "de AT", "1de", "de\r\nX: y", "é", "de" + "-a" * 17]
)
def test_no_tag(text: str) -> None:
    assert not is_tag(text)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.2, fr ; q=0.7", "fr"),
        ("pt-BR,pt;q=0.9,es;q=0.5,*;q=0.1", "es"),
        ("de;q=0", None),
        ("*", None),
        ("", None),
        ("de;q=nonsense, fr", "fr"),
        ("x," * 1_000 + "de", None),
    ],
)
def test_most_wanted_language(header: str, language: str | None) -> None:
    """Of those that mails have; a malformed part is left out."""
    assert preferred(header) == language


def test_tags_are_returned_whole() -> None:
    """Of equal ones the first comes first; languages without texts are included."""
    header = "en;q=0.5, pt-BR, de-AT, x_y, fr;q=0, *;q=0.1"
    assert wanted_tags(header) == ["pt-BR", "de-AT", "en"]
