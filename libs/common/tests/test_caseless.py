"""Case-insensitive keys."""

import unicodedata
from collections.abc import AsyncIterator
from functools import cache

import asyncpg
import pytest

from linktime_common.caseless import caseless, lowercase_key
from linktime_common.migrate import LETTER_CASE, migrate
from linktime_local.testing.databases import TemplateDatabases


def _has_another_form(character: str) -> bool:
    # `or` stops at the first that differs; a list of forms would need seconds for all of Unicode.
    return (
        character.lower() != character
        or character.upper() != character
        or character.casefold() != character
        or unicodedata.normalize("NFC", character) != character
    )


BLOCK = 1_000


@cache
def characters() -> list[str]:
    return [
        character
        for code in range(1, 0x110000)
        if not 0xD800 <= code <= 0xDFFF and _has_another_form(character := chr(code))
    ]


@pytest.fixture
async def connection(
    template_databases: TemplateDatabases,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async def prepare(address: str) -> None:
        await migrate(address, LETTER_CASE)

    async with template_databases.fresh("letter_case", prepare) as address:
        opened = await asyncpg.connect(address)
        yield opened
        await opened.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.com", "aNN@eXAMPLE.COM"),
        ("U\u0308NI\u0308@example.com", "ünï@example.com"),
        ("STRAẞE@example.com", "straße@example.com"),
        ("\u0130@example.com", "i\u0307@example.com"),
        ("\u212aate@example.com", "kate@example.com"),
        ("ΣΊΣΥΦΟΣ@example.com", "σίσυφος@example.com"),
        ("ΝΊΚΟΣ.ΠΑΠΠΆΣ@example.com", "νίκος.παππάς@example.com"),
    ],
)
def test_letter_case_only(one: str, other: str) -> None:
    """In all alphabets, and for accents typed in either form."""
    assert lowercase_key(one) == lowercase_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("straße", "strasse"), ("βος", "βοσ"), ("ı", "i"), ("İ", "i"), ("ſam", "sam"), ("ﬁ", "fi")],
)
def test_look_alikes_have_two_keys(one: str, other: str) -> None:
    """They name two people."""
    assert lowercase_key(one) != lowercase_key(other)


def test_equal_keys_are_equal_for_search() -> None:
    """So a unique index over casefolded keys cannot collide when they become lowercase keys."""
    for character in characters():
        key = lowercase_key(character)
        assert lowercase_key(key) == key
        assert caseless(key) == caseless(character)


async def test_the_database_makes_the_same_keys(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """For all characters with a letter case, and those whose result depends on their neighbours."""
    known = characters()
    texts = ["".join(known[at : at + BLOCK]) for at in range(0, len(known), BLOCK)]
    texts += ["ΟΔΟΣ", "ΟΔΟΣ.ΑΣ@ΣΣ.Σ", "aΣ", "Σ", "E\u0301Σ", "J\u030c", "", "\u0391\u0301Σ\u0301"]
    rows = await connection.fetch(
        "SELECT lowercase_key(given) FROM unnest($1::text[]) given", texts
    )
    for text, row in zip(texts, rows, strict=True):
        assert row[0] == lowercase_key(text)
