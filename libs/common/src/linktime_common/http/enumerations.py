"""Enumerations in requests: each of their words is read in any letter case."""

from collections.abc import Iterable
from typing import Any

from pydantic import BeforeValidator


def any_case(words: Iterable[str]) -> BeforeValidator:
    """Put on a field whose type takes these words as they are spelled here.

    What is none of them stays as it was sent, for the type to refuse.
    """
    spelled = {word.lower(): str(word) for word in words}

    def read(value: Any) -> Any:
        return spelled.get(value.lower(), value) if isinstance(value, str) else value

    return BeforeValidator(read)
