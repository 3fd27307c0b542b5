"""Enumerations in requests, read case-insensitively."""

from collections.abc import Iterable
from typing import Any

from pydantic import BeforeValidator


def any_case(words: Iterable[str]) -> BeforeValidator:
    """Return a validator for a field of a type with these words.

    Other values are passed on unchanged, and the type rejects them.
    """
    spelled = {word.lower(): str(word) for word in words}

    def read(value: Any) -> Any:
        return spelled.get(value.lower(), value) if isinstance(value, str) else value

    return BeforeValidator(read)
