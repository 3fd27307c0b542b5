"""The languages of a person."""

import re

from scim2_models import InvalidValueException

from linktime_common.languages import MOST_CHARACTERS, is_tag

# RFC 9110 12.4.2; "*" is any language.
_WEIGHT = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


def check_languages(locale: str | None, preferred: str | None) -> None:
    """Refuse what is no language tag; raises InvalidValueException naming the attribute."""
    if locale is not None and not _is_tag(locale):
        raise InvalidValueException(detail="locale must be a language tag such as de-AT")
    if preferred is not None and not all(map(_is_range, preferred.split(","))):
        detail = "preferredLanguage must be language tags as in Accept-Language, such as de-AT, en"
        raise InvalidValueException(detail=detail)


def _is_range(part: str) -> bool:
    tag, semicolon, weight = part.strip().partition(";")
    is_weighted = not semicolon or _WEIGHT.fullmatch(weight.strip()) is not None
    return is_weighted and (tag.strip() == "*" or _is_tag(tag.strip()))


def _is_tag(text: str) -> bool:
    # Okta's profiles have de_AT.
    return len(text) <= MOST_CHARACTERS and is_tag(text.replace("_", "-"))
