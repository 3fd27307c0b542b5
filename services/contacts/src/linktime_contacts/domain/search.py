"""What a search for contacts looks for."""

from dataclasses import dataclass
from typing import Self

from linktime_common import phones

FEWEST_OF_OTHER = 3


@dataclass(frozen=True)
class Search:
    """A part of a contact, and another spelling of it that is found as well."""

    text: str
    other: str | None = None

    @classmethod
    def of(cls, text: str, timezone: str | None) -> Self | None:
        """Return the search for a text of a query; None for a blank one.

        A number is also searched as it is stored, read in the region of `timezone`. In a query an
        unescaped + is read as a blank, so other texts are searched with + for their blanks as well.
        """
        if not text:
            return None
        other = phones.searched(text, timezone) or text.replace(" ", "+")
        is_useful = other != text and len(other) >= FEWEST_OF_OTHER <= len(text)
        return cls(text, other if is_useful else None)
