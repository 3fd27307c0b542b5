"""Usernames: the allowed ones, and those derived from a person's name."""

import re
from datetime import datetime, timedelta

from linktime_common.contracts.usernames import RESERVED_USERNAMES
from linktime_common.transliteration import transliterated

MOST_CHARACTERS = 39
FEWEST_CHARACTERS = 2
MOST_NUMBERED = 200
KEPT = timedelta(days=90)
"""How long a username that an account had is refused to others."""

MOST_FORMER = 10
"""How many usernames of one account are kept for it."""

_ALLOWED = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")


class UsernameNotAllowed(ValueError):
    """The username is not allowed; the text is the error message."""


def check_username(username: str) -> str:
    """Return the username; raises UsernameNotAllowed when it is malformed or reserved."""
    if not _ALLOWED.fullmatch(username):
        raise UsernameNotAllowed(
            f"Use {FEWEST_CHARACTERS} to {MOST_CHARACTERS} lower-case letters, digits and "
            "hyphens, with a letter or digit first"
        )
    if username in RESERVED_USERNAMES:
        raise UsernameNotAllowed("This username is reserved")
    return username


def kept_since(now: datetime) -> datetime:
    """Return since when replaced usernames are kept for the accounts that had them."""
    return now - KEPT


def candidates(name: str, *, random: str) -> list[str]:
    """Return usernames for `name` to try in order: ann-lee, ann-lee-2, …, ann-lee-<random>.

    A name without Latin letters or digits gives `host-<random>`.
    """
    base = transliterated(name)
    if len(base) < FEWEST_CHARACTERS:
        return [f"host-{random}"]
    numbered = [base[:MOST_CHARACTERS].rstrip("-")]
    numbered += [_with_ending(base, str(number)) for number in range(2, MOST_NUMBERED + 1)]
    tried = [username for username in numbered if username not in RESERVED_USERNAMES]
    # A long name that is cut may already end with the number that is added to it.
    return list(dict.fromkeys([*tried, _with_ending(base, random)]))


def _with_ending(base: str, ending: str) -> str:
    return f"{base[: MOST_CHARACTERS - len(ending) - 1].rstrip('-')}-{ending}"
