"""What the bodies of several writes have in common, and their deadline."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from linktime_common.http.fields import SeveralLines

WAIT_SECONDS = 4.0
"""Includes the shorter deadlines of reserving the host's time."""

ExpectedSequence = Annotated[
    StrictInt,
    Field(
        ge=0,
        le=2**31 - 1,
        description=(
            "That of the booking as it was read. If the booking was changed since, the request is "
            "refused as `booking_changed`."
        ),
    ),
]

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000), SeveralLines]

IgnoreRules = Annotated[
    StrictBool,
    Field(
        description=(
            "Skips hours, grid, time off, notice, horizon and limits. Busy time, other bookings "
            "and their buffers are still refused. Written into the history."
        )
    ),
]
