"""JSON documents without the personal data of an invitee or contact."""

import re
from collections.abc import Sequence
from typing import Any

ERASED_NAME = "Erased"
ERASED_EMAIL = "erased@erased.invalid"  # no mail server can have it (RFC 2606)

_SHOWN = {
    "invitee_name": ERASED_NAME,
    "invitee_email": ERASED_EMAIL,
    "invitee_timezone": "UTC",
}
_NULL = frozenset(
    {
        "invitee_phone",
        "invitee_locale",
        "notes",
        "reason",
        "cancellation_reason",
        "contact_name",
        "contact_phone",
        "caller_phone",
        "content",
        "summary",
        "recording_url",
    }
)
_EMPTY = frozenset(
    {"answers", "media", "transcript", "emails", "phones", "other_emails", "other_phones"}
)
_OF_PERSON = {"name": ERASED_NAME, "email": ERASED_EMAIL, "phone": None, "company": None}


def redacted(document: Any, addresses: Sequence[str]) -> Any:
    """Return the document with the person's fields replaced, and `addresses` in all other texts.

    Fields keep their types, so that the document can still be read as what it is.
    """
    return _value(document, "", _pattern(addresses))


def _pattern(addresses: Sequence[str]) -> re.Pattern[str] | None:
    if not addresses:
        return None
    # A whole address only: ann@example.com is not a part of joann@example.com.
    some = "|".join(re.escape(address) for address in sorted(addresses, key=len, reverse=True))
    return re.compile(rf"(?<![\w.+-])(?:{some})(?![\w-])", re.IGNORECASE)


def _value(value: Any, name: str, pattern: re.Pattern[str] | None) -> Any:
    if isinstance(value, dict):
        return _fields(value, name, pattern)
    if isinstance(value, list):
        return [_value(one, name, pattern) for one in value]
    if isinstance(value, str) and pattern is not None:
        return pattern.sub(ERASED_EMAIL, value)
    return value


def _fields(fields: dict[str, Any], parent: str, pattern: re.Pattern[str] | None) -> dict[str, Any]:
    names = {name: _snake_case(name) for name in fields}
    is_person = parent in {"contact", "invitee"} or "meeting_count" in names.values()
    return {
        name: _field(value, names[name], pattern, is_person=is_person)
        for name, value in fields.items()
    }


def _field(value: Any, name: str, pattern: re.Pattern[str] | None, *, is_person: bool) -> Any:
    if value is None or name in _NULL:
        return None
    if name in _SHOWN:
        return _SHOWN[name]
    if name in _EMPTY:
        return []
    if is_person and name in _OF_PERSON:
        return _OF_PERSON[name]
    return _value(value, name, pattern)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
