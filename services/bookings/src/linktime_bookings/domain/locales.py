"""The languages of mails."""

import re

LANGUAGES = ("en", "de", "es", "fr", "ar")
DEFAULT_LANGUAGE = LANGUAGES[0]

# A browser sends a handful; a longer list is not read to its end.
_MOST_RANGES = 20
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_RANGE = re.compile(r"\s*(?P<tag>[A-Za-z0-9-]+)\s*(;\s*q\s*=\s*(?P<quality>[01](\.\d{0,3})?))?\s*")


def is_tag(text: str) -> bool:
    """Return whether `text` has the form of a language tag, such as `de-AT` (RFC 5646)."""
    return _TAG.fullmatch(text) is not None


def language_of(tag: str) -> str | None:
    """Return `de` for `de-AT`; None for a language that mails do not have."""
    language = tag.partition("-")[0].lower()
    return language if language in LANGUAGES else None


def preferred(accept_language: str) -> str | None:
    """Return the most wanted language of an Accept-Language header, or None (RFC 9110 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        found = _RANGE.fullmatch(part)
        language = language_of(found["tag"]) if found else None
        if found and language:
            wanted.append((float(found["quality"] or 1), language))
    best = max(wanted, key=lambda one: one[0], default=(0.0, None))
    return best[1] if best[0] > 0 else None
