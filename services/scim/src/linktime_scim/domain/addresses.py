"""When two e-mail addresses are one mailbox."""

import unicodedata


def address_key(email: str) -> str:
    """Equal for addresses that differ only in letter case or in how an accent was typed.

    Stricter than `caseless`, which is for searching and keeps look-alikes from being accounts side
    by side: ß and ss, or ς and σ, name two domains (RFC 5894 7.2), which have two holders.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email).lower())


def domain_of(email: str) -> str:
    """The domain as verified ones are kept; the address is one that was checked."""
    return email.rpartition("@")[2]
