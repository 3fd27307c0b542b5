"""Rules for new passwords. Their length is checked by the request model."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

BLANK = "Must not consist of blanks only"
COMMON = "This is one of the commonest passwords; choose another"
OWN = "Must not be your e-mail address or name; choose another"


@dataclass(frozen=True)
class Person:
    """The user of a password; `username` is None before it is chosen."""

    email: str
    name: str
    username: str | None


def problem_of(password: str, person: Person) -> str | None:
    """Return the error message for a new password, or None when it is acceptable."""
    if all(character.isspace() or _is_invisible(character) for character in password):
        return BLANK
    folded = _folded(password)
    if folded.strip() in _common():
        return COMMON
    own = {person.email, person.email.rpartition("@")[0], person.name, person.username or ""}
    if _letters(folded) in {_letters(_folded(word)) for word in own} - {""}:
        return OWN
    return None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _letters(text: str) -> str:
    """Remove separators, so that `ada.lovelace` equals `Ada Lovelace`."""
    return "".join(filter(str.isalnum, text))


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character).startswith("C")


@cache
def _common() -> frozenset[str]:
    text = (files("linktime_gateway.domain") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))
