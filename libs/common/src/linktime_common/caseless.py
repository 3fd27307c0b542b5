"""When two texts are the same but for letter case: e-mail addresses, what is searched for."""

import unicodedata


def caseless(text: str) -> str:
    """Equal for texts that differ only in letter case or in how an accent was typed.

    Made here and not by the database, whose lower() depends on how it was set up.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
