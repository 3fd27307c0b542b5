"""Names in Latin letters as words of ASCII, for URLs."""

import re
import unicodedata

_APOSTROPHES = re.compile("['’ʼ`´]")
_OTHERS = re.compile(r"[^a-z0-9]+")
# Letters that do not decompose are replaced by their Unicode name: ø, ł, đ, æ, œ, ı.
_LATIN = re.compile(r"LATIN SMALL (?:LETTER|LIGATURE) (?:DOTLESS )?([A-Z]{1,2})(?: WITH .+)?")


def transliterated(name: str) -> str:
    """Return lowercase letters and digits with hyphens between words: Łódź-Straße is lodz-strasse.

    Letters of other scripts end a word; without Latin letters and digits the result is empty.
    """
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
