"""JSON documents and texts without the personal data of an invitee or contact."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import chain, count
from typing import Any
from urllib.parse import quote, unquote

from linktime_common.contracts.events.contacts import ContactState

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
# A host may be a contact, too: what a document says of its host stays.
OF_HOST = frozenset({"host", "hostname", "hostemail", "hostusername"})
FOREIGN = frozenset({"metadata"})
_OF_PERSON = {"name": ERASED_NAME, "email": ERASED_EMAIL} | {
    name.replace("_", ""): None
    for name, field in ContactState.model_fields.items()
    if field.annotation == str | None
}
_IN_AN_ADDRESS = frozenset("_.+-@")


def redacted(document: Any, addresses: Sequence[str]) -> Any:
    """Return the document with the person's fields replaced, and `addresses` in all other texts.

    For a document about the person; another one keeps its fields with `with_texts_redacted`.

    Fields keep their types, so that the document can still be read as what it is.
    """
    return _value(document, "", addresses)


def with_texts_redacted(document: Any, addresses: Sequence[str], *, foreign: bool = False) -> Any:
    """Return the document with `addresses` replaced in its texts, except in those of the host.

    A `foreign` document, such as `metadata`, has names of its sender: none of them means the host.
    """
    if isinstance(document, dict):
        fields = {
            name: value
            if not foreign and plain(name) in OF_HOST
            else with_texts_redacted(value, addresses, foreign=foreign or plain(name) in FOREIGN)
            for name, value in document.items()
        }
        return _renamed(fields, addresses)
    if isinstance(document, list):
        return [with_texts_redacted(one, addresses, foreign=foreign) for one in document]
    return without_addresses(document, addresses) if isinstance(document, str) else document


def plain(name: str) -> str:
    """Return a field's name without the difference of camelCase and snake_case."""
    return name.replace("_", "").lower()


def is_person(fields: Mapping[str, Any], parent: str) -> bool:
    """Return whether the object, the value of the field `parent`, is an invitee or contact."""
    return parent in {"contact", "invitee"} or "meetingcount" in map(plain, fields)


def without_addresses(text: str, addresses: Sequence[str]) -> str:
    """Return the text with each address replaced, in any letter case.

    A whole address only: ann@example.com is not a part of joann@example.com.
    """
    for spelling in spellings(addresses):
        text = _without_address(text, spelling)
    return text


def spellings(addresses: Sequence[str]) -> list[str]:
    """Return the addresses as they are, and as they are written in URLs."""
    encoded = (quote(address, safe="") for address in addresses)
    return list(dict.fromkeys([*addresses, *encoded]))


def hashed(identifier: str) -> str:
    """Return what is stored of an identifier once an address in it is erased.

    A client that sends the identifier again gets the same row: rows are looked up by both texts.
    """
    return f"sha256:{sha256(identifier.encode()).hexdigest()}"


def with_hash(identifier: str) -> list[str]:
    """Return the texts under which a row with this identifier may be stored."""
    return [identifier, hashed(identifier)]


def _renamed(fields: dict[str, Any], addresses: Sequence[str]) -> dict[str, Any]:
    """Return the fields with `addresses` replaced in their names; equal names get numbers."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        wanted = without_addresses(name, addresses)
        numbered = (f"{wanted} {number}" for number in count(2))
        found[next(one for one in chain((wanted,), numbered) if one not in found)] = value
    return found


def _without_address(text: str, address: str) -> str:
    lower, wanted = text.lower(), address.lower()
    if len(lower) != len(text):  # a letter whose lowercase is two
        lower = text
    is_in_a_longer_one = _is_in_an_email if "@" in unquote(address) else _is_in_a_phone
    parts, begin, found = [], 0, lower.find(wanted)
    while found >= 0:
        end = found + len(wanted)
        if not is_in_a_longer_one(text[max(found - 1, 0) : found], text[end : end + 2]):
            parts += [text[begin:found], ERASED_EMAIL]
            begin = end
        found = lower.find(wanted, end)
    return "".join([*parts, text[begin:]])


def _is_in_an_email(before: str, after: str) -> bool:
    return _continues(before) or _goes_on(after)


def _is_in_a_phone(_before: str, after: str) -> bool:
    # It begins with its +.
    return after[:1].isdigit()


def _continues(before: str) -> bool:
    return before.isalnum() or before in _IN_AN_ADDRESS


def _goes_on(after: str) -> bool:
    # A full stop may end the sentence.
    following = after[1:] if after[:1] == "." else after[:1]
    return following.isalnum() or following in {"_", "-"}


def _value(value: Any, name: str, addresses: Sequence[str]) -> Any:
    if name in FOREIGN:
        return with_texts_redacted(value, addresses, foreign=True)
    if isinstance(value, dict):
        return _fields(value, name, addresses)
    if isinstance(value, list):
        return [_value(one, name, addresses) for one in value]
    if isinstance(value, str):
        return without_addresses(value, addresses)
    return value


def _fields(fields: dict[str, Any], parent: str, addresses: Sequence[str]) -> dict[str, Any]:
    of_person = is_person(fields, parent)
    found = {
        name: _field(value, plain(name), addresses, of_person=of_person)
        for name, value in fields.items()
    }
    return _renamed(found, addresses)


def _field(value: Any, name: str, addresses: Sequence[str], *, of_person: bool) -> Any:
    if name in OF_HOST:
        return value
    if value is None or name in _NULL:
        return None
    if name in _SHOWN:
        return _SHOWN[name]
    if name in _EMPTY:
        return []
    if of_person and name in _OF_PERSON:
        return _OF_PERSON[name]
    return _value(value, name, addresses)
