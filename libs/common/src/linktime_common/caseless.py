"""When two texts are the same but for letter case: two rules, each for its own purpose."""

import re
import unicodedata

# A capital sigma that ends a Greek word. The migration `letter_case` has the same pattern.
_FINAL_SIGMA = re.compile("(?<=[\u0370-\u03ff\u1f00-\u1fff])\u03a3(?![\u0370-\u03ff\u1f00-\u1fff])")


def lowercase_key(text: str) -> str:
    """The key of what names somebody: e-mail addresses, and the names that SCIM compares.

    Equal for texts that differ only in letter case or in how an accent was typed, and for no other
    texts. ß and ss, ς and σ, ı and i, İ and i, ſ and s are different letters: they name two
    mailboxes and two domains (RFC 5894 7.2). The capital of ß is ẞ; Σ is the capital of σ, and of ς
    where it ends a Greek word. The Kelvin sign is k: Unicode defines it as the same character as K.

    Stored keys are made here, and not by the database, whose lower() depends on how it was set up;
    the database has a `lowercase_key` of its own for migrations.
    """
    composed = _FINAL_SIGMA.sub("\u03c2", unicodedata.normalize("NFC", text))
    # By character: str.lower() judges a sigma by rules of its own.
    return unicodedata.normalize("NFC", "".join(map(str.lower, composed)))


def caseless(text: str) -> str:
    """What is only searched or counted: look-alikes are equal, so that STRASSE finds straße.

    For a search in texts, and for limits on attempts, where counting together is the safer side.
    Never for deciding whose something is: `lowercase_key` is for that, and equal for fewer texts.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
