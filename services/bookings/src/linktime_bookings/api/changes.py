"""The deadline and the reason of cancellations and reschedules."""

from typing import Annotated

from pydantic import StringConstraints

from linktime_common.http.fields import OneLine

WAIT_SECONDS = 4.0
"""Includes the shorter deadlines of reserving the host's time."""

Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000), OneLine]
