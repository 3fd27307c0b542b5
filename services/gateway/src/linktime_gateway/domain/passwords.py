"""Rules for new passwords. Request models check their length as well, to describe it."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

SHORTEST, LONGEST = 10, 1_024


class PasswordProblem(StrEnum):
    """Why a new password is refused."""

    SHORT = "short"
    LONG = "long"
    BLANK = "blank"
    COMMON = "common"
    OWN = "own"

    @property
    def sentence(self) -> str:
        """The error message."""
        return _SENTENCES[self]


_SENTENCES = {
    PasswordProblem.SHORT: f"Must have at least {SHORTEST} characters",
    PasswordProblem.LONG: f"Must have at most {LONGEST} characters",
    PasswordProblem.BLANK: "Must not consist of blanks only",
    PasswordProblem.COMMON: "This is one of the commonest passwords; choose another",
    PasswordProblem.OWN: "Must not be your e-mail address or name; choose another",
}


@dataclass(frozen=True)
class Person:
    """The user of a password; `username` is None before it is chosen."""

    email: str
    name: str
    username: str | None


def problem_of(password: str, person: Person) -> PasswordProblem | None:
    """Return what is wrong with a new password, or None when it is acceptable."""
    if len(password) < SHORTEST:
        return PasswordProblem.SHORT
    if len(password) > LONGEST:
        return PasswordProblem.LONG
    if all(character.isspace() or _is_invisible(character) for character in password):
        return PasswordProblem.BLANK
    folded = _folded(password)
    if folded.strip() in _common():
        return PasswordProblem.COMMON
    own = {person.email, person.email.rpartition("@")[0], person.name, person.username or ""}
    if _letters(folded) in {_letters(_folded(word)) for word in own} - {""}:
        return PasswordProblem.OWN
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
