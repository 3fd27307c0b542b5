"""The languages of mails and pages."""

import re

LANGUAGES = ("en", "de", "es", "fr", "ar")
DEFAULT_LANGUAGE = LANGUAGES[0]
MOST_CHARACTERS = 35  # of a tag

# A browser sends a handful; a longer list is not read to its end.
_MOST_RANGES = 20
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")


def is_tag(text: str) -> bool:
    """Return whether `text` is a language tag such as `de-AT` (RFC 5646), short enough to store."""
    return len(text) <= MOST_CHARACTERS and _TAG.fullmatch(text) is not None


def language_of(tag: str) -> str | None:
    """Return `de` for `de-AT`; None for a language without texts."""
    language = tag.partition("-")[0].lower()
    return language if language in LANGUAGES else None


def preferred(accept_language: str) -> str | None:
    """Return the most wanted language with texts of an Accept-Language header, or None."""
    return next(filter(None, map(language_of, wanted_tags(accept_language))), None)


def wanted_tags(accept_language: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wanted first (RFC 9110 12.5.4).

    What is malformed or refused with a quality of 0 is left out.
    """
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        quality = _quality(parameter.strip())
        if is_tag(tag.strip()) and quality > 0:
            wanted.append((quality, tag.strip()))
    return [tag for _quality, tag in sorted(wanted, key=lambda one: -one[0])]


def _quality(parameter: str) -> float:
    """Return 1 without a parameter, 0 for a malformed one."""
    if not parameter:
        return 1.0
    found = _QUALITY.fullmatch(parameter)
    return float(found[1]) if found else 0.0
