"""Enumerations in requests, read case-insensitively."""

from collections.abc import Iterable
from typing import Any

from pydantic import BeforeValidator


def any_case(words: Iterable[str]) -> BeforeValidator:
    """Return a validator for a field of a type with these words.

    Other values are passed on unchanged, and the type rejects them.
    """
    known = tuple(words)

    def read(value: Any) -> Any:
        return (match(value, known) or value) if isinstance(value, str) else value

    return BeforeValidator(read)


def match(value: str, words: Iterable[str]) -> str | None:
    """Return the word that `value` spells, or None."""
    # Other letters have ASCII letters as their capital or small letter: ı, ſ, the Kelvin sign.
    if not value.isascii():
        return None
    wanted = value.lower()
    return next((str(word) for word in words if word.lower() == wanted), None)
