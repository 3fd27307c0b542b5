"""When two texts are the same but for letter case: two rules, each for its own purpose."""

import re
import unicodedata

# A capital sigma that ends a Greek word. The migration `letter_case` has the same pattern.
_FINAL_SIGMA = re.compile("(?<=[\u0370-\u03ff\u1f00-\u1fff])\u03a3(?![\u0370-\u03ff\u1f00-\u1fff])")


def lowercase_key(text: str) -> str:
    """The key of what is somebody's or names somebody: e-mail addresses, and names in SCIM.

    Equal for texts that differ only in letter case or in how an accent was typed, and for no others:
    ß and ss, ς and σ, ı and i, İ and i, ſ and s are different letters, so they name two mailboxes and
    domains (RFC 5894 7.2). ẞ is the capital of ß, and Σ that of σ, or of ς at the end of a Greek word.
    The Kelvin sign is k, as Unicode has it that it is the same character as K.

    Stored keys are made here, and not by the database, whose lower() depends on how it was set up;
    the database's own `lowercase_key` is for migrations.
    """
    composed = _FINAL_SIGMA.sub("\u03c2", unicodedata.normalize("NFC", text))
    # By character: str.lower() judges a sigma by rules of its own.
    return unicodedata.normalize("NFC", "".join(map(str.lower, composed)))


def caseless(text: str) -> str:
    """What is only searched or counted: look-alikes count as equal, so STRASSE finds straße.

    For a search in texts, and for limits on attempts, where counting together is the safer side. Never
    for deciding whose something is: that is `lowercase_key`, which is equal for fewer texts.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
