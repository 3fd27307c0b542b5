"""Events of calendars without a person whom their host has erased."""

from collections.abc import Sequence

from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME, without_addresses

FOLDS = (b"\r\n ", b"\r\n\t", b"\n ", b"\n\t")
OF_PERSONS = frozenset({b"DESCRIPTION", b"COMMENT", b"CONTACT", b"ATTENDEE"})
WITH_NAMES = frozenset({b"ATTENDEE", b"ORGANIZER"})


def without_person(data: bytes, addresses: Sequence[str], *, ours: bool) -> bytes:
    """Return the iCalendar file without the addresses, and the event of a booking without texts.

    Times and rules stay, so the same time is busy.
    """
    unfolded = data
    for fold in FOLDS:
        unfolded = unfolded.replace(fold, b"")
    if not ours and not _has_any(unfolded, addresses):
        return data
    lines = (_without_person(line, addresses, ours=ours) for line in unfolded.split(b"\n"))
    return b"\n".join(line for line in lines if line is not None)


def _has_any(data: bytes, addresses: Sequence[str]) -> bool:
    text = data.decode("latin-1").lower()
    return any(address.encode().decode("latin-1").lower() in text for address in addresses)


def _without_person(line: bytes, addresses: Sequence[str], *, ours: bool) -> bytes | None:
    name = line.partition(b":")[0].partition(b";")[0].strip().upper()
    end = b"\r" if line.endswith(b"\r") else b""
    if ours and name in OF_PERSONS:
        return None
    if ours and name == b"SUMMARY":
        return b"SUMMARY:" + ERASED_NAME.encode() + end
    # Bytes, not characters: a server's file need not be UTF-8.
    shown = [address.encode().decode("latin-1") for address in addresses]
    changed = without_addresses(line.decode("latin-1"), shown).encode("latin-1")
    if changed != line and name in WITH_NAMES:
        return name + b":mailto:" + ERASED_EMAIL.encode() + end
    return changed
