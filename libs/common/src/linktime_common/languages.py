"""The languages of mails and pages."""

import re

LANGUAGES = ("en", "de", "es", "fr", "ar")
DEFAULT_LANGUAGE = LANGUAGES[0]

# A browser sends a handful; a longer list is not read to its end.
_MOST_RANGES = 20
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")


def is_tag(text: str) -> bool:
    """Return whether `text` has the form of a language tag, such as `de-AT` (RFC 5646)."""
    return _TAG.fullmatch(text) is not None


def language_of(tag: str) -> str | None:
    """Return `de` for `de-AT`; None for a language without texts."""
    language = tag.partition("-")[0].lower()
    return language if language in LANGUAGES else None


def preferred(accept_language: str) -> str | None:
    """Return the most wanted language of an Accept-Language header, or None (RFC 9110 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        language, quality = language_of(tag.strip()), _quality(parameter.strip())
        if language is not None and quality > 0:
            wanted.append((quality, language))
    return max(wanted, key=lambda one: one[0])[1] if wanted else None


def _quality(parameter: str) -> float:
    """Return 1 without a parameter, 0 for a malformed one."""
    if not parameter:
        return 1.0
    found = _QUALITY.fullmatch(parameter)
    return float(found[1]) if found else 0.0
