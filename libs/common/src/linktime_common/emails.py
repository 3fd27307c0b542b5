"""When two e-mail addresses are the same one."""

import unicodedata


def email_key(address: str) -> str:
    """What is kept unique: letter case and the way an accent was typed make no difference.

    Made here and not by the database, whose lower() depends on how it was set up.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", address).casefold())
