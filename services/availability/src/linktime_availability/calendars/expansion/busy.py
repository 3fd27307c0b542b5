"""Whether an event takes its owner's time."""

from uuid import UUID

from icalendar.parser import Contentline

from linktime_availability.calendars.expansion.results import BusyRules
from linktime_availability.calendars.expansion.text import Block
from linktime_common.ids import parse_id

_MAILTO = "mailto:"


def is_busy(block: Block, rules: BusyRules) -> bool:
    """Whether the time of this event, or of this changed instance, is busy."""
    shown_as = block.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()
    if is_cancelled(block) or block.value("TRANSP").upper() == "TRANSPARENT":
        return False
    return shown_as != "FREE" and not _declined(block, rules.own_address)


def is_cancelled(block: Block) -> bool:
    """Whether the event, or the changed instance, does not take place."""
    return block.value("STATUS").upper() == "CANCELLED"


def possible_booking(block: Block) -> UUID | None:
    """Return the booking whose event this may be by its UID.

    With any domain: the instance may have had another one. Only the database knows the bookings.
    """
    return parse_id(block.value("UID").rpartition("@")[0])


def _declined(block: Block, own_address: str | None) -> bool:
    """Whether the owner of the calendar declined, in each line that names the owner."""
    if not own_address:
        return False
    own = own_address.casefold()
    answers = []
    for line in block.of("ATTENDEE"):
        if own not in line.casefold():
            continue
        try:
            _, parameters, value = Contentline(line).parts()  # type: ignore[no-untyped-call]
        except ValueError:
            continue
        addresses = {_bare(value), _bare(str(parameters.get("EMAIL", "")))}
        if own in addresses:
            answers.append(str(parameters.get("PARTSTAT", "")).upper() == "DECLINED")
    return bool(answers) and all(answers)


def _bare(address: str) -> str:
    return address.strip().casefold().removeprefix(_MAILTO)
