"""JSON documents and texts without the personal data of an invitee or contact."""

from collections.abc import Sequence
from typing import Any

ERASED_NAME = "Erased"
ERASED_EMAIL = "erased@erased.invalid"  # no mail server can have it (RFC 2606)

# Names of fields without `_` and in lowercase: they are in camelCase or snake_case.
_SHOWN = {
    "inviteename": ERASED_NAME,
    "inviteeemail": ERASED_EMAIL,
    "inviteetimezone": "UTC",
}
_NULL = frozenset(
    {
        "inviteephone",
        "inviteelocale",
        "notes",
        "reason",
        "cancellationreason",
        "contactname",
        "contactphone",
        "callerphone",
        "content",
        "summary",
        "recordingurl",
    }
)
_EMPTY = frozenset(
    {"answers", "media", "transcript", "emails", "phones", "otheremails", "otherphones"}
)
_OF_PERSON = {"name": ERASED_NAME, "email": ERASED_EMAIL, "phone": None, "company": None}
_IN_AN_ADDRESS = frozenset("_.+-@")


def redacted(document: Any, addresses: Sequence[str]) -> Any:
    """Return the document with the person's fields replaced, and `addresses` in all other texts.

    Fields keep their types, so that the document can still be read as what it is.
    """
    return _value(document, "", addresses)


def without_addresses(text: str, addresses: Sequence[str]) -> str:
    """Return the text with each address replaced, in any letter case.

    A whole address only: ann@example.com is not a part of joann@example.com.
    """
    for address in addresses:
        text = _without_address(text, address)
    return text


def _without_address(text: str, address: str) -> str:
    lower, wanted = text.lower(), address.lower()
    if len(lower) != len(text):  # a letter whose lowercase is two
        lower = text
    parts, begin, found = [], 0, lower.find(wanted)
    while found >= 0:
        end = found + len(wanted)
        if not (_continues(text[max(found - 1, 0) : found]) or _goes_on(text[end : end + 2])):
            parts += [text[begin:found], ERASED_EMAIL]
            begin = end
        found = lower.find(wanted, end)
    return "".join([*parts, text[begin:]])


def _continues(before: str) -> bool:
    return before.isalnum() or before in _IN_AN_ADDRESS


def _goes_on(after: str) -> bool:
    # A full stop may end the sentence.
    following = after[1:] if after[:1] == "." else after[:1]
    return following.isalnum() or following in {"_", "-"}


def _value(value: Any, name: str, addresses: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return _fields(value, name, addresses)
    if isinstance(value, list):
        return [_value(one, name, addresses) for one in value]
    if isinstance(value, str):
        return without_addresses(value, addresses)
    return value


def _fields(fields: dict[str, Any], parent: str, addresses: Sequence[str]) -> dict[str, Any]:
    names = {name: name.replace("_", "").lower() for name in fields}
    is_person = parent in {"contact", "invitee"} or "meetingcount" in names.values()
    return {
        name: _field(value, names[name], addresses, is_person=is_person)
        for name, value in fields.items()
    }


def _field(value: Any, name: str, addresses: Sequence[str], *, is_person: bool) -> Any:
    if value is None or name in _NULL:
        return None
    if name in _SHOWN:
        return _SHOWN[name]
    if name in _EMPTY:
        return []
    if is_person and name in _OF_PERSON:
        return _OF_PERSON[name]
    return _value(value, name, addresses)
