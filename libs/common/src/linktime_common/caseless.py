"""Case-insensitive comparison of texts: one rule for identifiers, one for search."""

import re
import unicodedata

# A capital sigma at the end of a Greek word. The migration `letter_case` has the same pattern.
_FINAL_SIGMA = re.compile("(?<=[\u0370-\u03ff\u1f00-\u1fff])\u03a3(?![\u0370-\u03ff\u1f00-\u1fff])")


def lowercase_key(text: str) -> str:
    """Return the key for comparing identifiers: e-mail addresses and the names SCIM compares.

    Equal for texts that differ only in letter case or in how an accent was typed, and for no other
    texts. ß and ss, ς and σ, ı and i, İ and i, ſ and s are different letters: they name two
    mailboxes and two domains (RFC 5894 7.2). The capital of ß is ẞ; Σ is the capital of σ, and of ς
    at the end of a Greek word. The Kelvin sign is k: Unicode defines it as the same character as K.

    Stored keys are made in Python, because the database's lower() depends on its locale; migrations
    use an SQL `lowercase_key`.
    """
    composed = _FINAL_SIGMA.sub("\u03c2", unicodedata.normalize("NFC", text))
    # By character: str.lower() has a different rule for sigmas in a word.
    return unicodedata.normalize("NFC", "".join(map(str.lower, composed)))


def caseless(text: str) -> str:
    """Return the key for search and counting: look-alikes are equal, so STRASSE matches straße.

    For search in texts, and for rate limits, where counting together is the safer side. Never for
    ownership: `lowercase_key` is for that, and is equal for fewer texts.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
