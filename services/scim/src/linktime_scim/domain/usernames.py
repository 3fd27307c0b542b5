"""Usernames: which are allowed, and how one is made from a person's name."""

import re
import unicodedata

MOST_CHARACTERS = 39
FEWEST_CHARACTERS = 2
MOST_NUMBERED = 200

RESERVED = frozenset(
    {
        "admin",
        "api",
        "app",
        "assets",
        "asyncapi",
        "bookings",
        "dashboard",
        "docs",
        "embed",
        "favicon",
        "healthz",
        "internal",
        "login",
        "manage",
        "metrics",
        "openapi",
        "public",
        "readyz",
        "robots",
        "signup",
        "static",
        "well-known",
    }
)
"""First parts of paths on the public origin and behind /api/public, where usernames stand too."""

_ALLOWED = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
_APOSTROPHES = re.compile("['’ʼ`´]")
_OTHERS = re.compile(r"[^a-z0-9]+")
# Letters that do not decompose tell by their Unicode name what they are: ø, ł, đ, æ, œ, ı.
_LATIN = re.compile(r"LATIN SMALL (?:LETTER|LIGATURE) (?:DOTLESS )?([A-Z]{1,2})(?: WITH .+)?")


class UsernameNotAllowed(ValueError):
    """The username cannot be had by anybody; the text is the sentence its caller reads."""


def check_username(username: str) -> str:
    """The username as it is; raises UsernameNotAllowed when it is malformed or reserved."""
    if not _ALLOWED.fullmatch(username):
        raise UsernameNotAllowed(
            f"Use {FEWEST_CHARACTERS} to {MOST_CHARACTERS} lower-case letters, digits and "
            "hyphens, with a letter or digit first"
        )
    if username in RESERVED:
        raise UsernameNotAllowed("This username is reserved")
    return username


def candidates(name: str, *, random: str) -> list[str]:
    """Usernames for `name` in the order to try them: ann-lee, ann-lee-2, …; `random` ends the last.

    A name without Latin letters or digits gives `host-<random>`.
    """
    base = _transliterated(name)
    if len(base) < FEWEST_CHARACTERS:
        return [f"host-{random}"]
    numbered = [base[:MOST_CHARACTERS].rstrip("-")]
    numbered += [_with_ending(base, str(number)) for number in range(2, MOST_NUMBERED + 1)]
    tried = [username for username in numbered if username not in RESERVED]
    return [*tried, _with_ending(base, random)]


def _with_ending(base: str, ending: str) -> str:
    return f"{base[: MOST_CHARACTERS - len(ending) - 1].rstrip('-')}-{ending}"


def _transliterated(name: str) -> str:
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name).casefold())
    ascii_only = "".join(map(_ascii, plain)).lower()
    return _OTHERS.sub("-", ascii_only).strip("-")


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.combining(character):
        return ""
    found = _LATIN.fullmatch(unicodedata.name(character, ""))
    return found[1] if found else "-"
