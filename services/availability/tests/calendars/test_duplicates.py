"""Which new accounts would read a calendar twice."""

from uuid import uuid4

import pytest

from linktime_availability.calendars import duplicates
from linktime_availability.calendars.port import Calendar
from linktime_availability.domain.calendars import CalendarAccount

HOST = uuid4()


def account(user: str) -> CalendarAccount:
    return CalendarAccount(
        id=uuid4(),
        host_id=HOST,
        kind="caldav",
        preset="caldav",
        server="dav.example",
        user_name=user,
        credentials=b"",
    )


def calendars(*names: str) -> list[Calendar]:
    return [
        Calendar(ref=f"https://dav.example/{name}/", name=name, colour=None, is_writable=True)
        for name in names
    ]


@pytest.mark.parametrize(
    ("user", "found", "is_refused"),
    [
        ("ann", ["work", "team"], True),
        ("ann", ["work", "new"], True),
        ("ann", ["new"], False),
        ("bob", ["team"], True),
        ("bob", ["bob", "team"], False),
        ("bob", ["%74eam"], True),
    ],
)
def test_an_account_with_calendars_that_are_known(
    user: str, found: list[str], *, is_refused: bool
) -> None:
    """Another user may share one with the account that has it, but not all."""
    known = account("ann")
    refs = [(known.id, one.ref) for one in calendars("work", "team")]
    same = duplicates._with_collections(account(user), [known], refs, calendars(*found))
    assert same == (known.id if is_refused else None)
