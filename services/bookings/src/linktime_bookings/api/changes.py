"""What every change of a booking shares: how long its caller waits, and the reason given."""

from typing import Annotated

from pydantic import StringConstraints

from linktime_common.http.fields import OneLine

WAIT_SECONDS = 4.0
"""A change waits for the host's time to be reserved: its deadlines nest inside this one."""

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000), OneLine]
