"""Rate limits and their response headers."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Limit(StrEnum):
    """Each is counted by the id of the key, token or session, or by the client's address."""

    API_KEY = "api_key"
    FAILED_CHECKS = "failed_checks"
    PUBLIC_BOOKINGS = "public_bookings"
    PUBLIC_READS = "public_reads"
    SCIM = "scim"
    SESSION = "session"


class Allowance(NamedTuple):
    """The state of a limit; `seconds` until one more request is allowed than now."""

    limit: int
    remaining: int
    seconds: float
    allowed: bool

    def headers(self) -> dict[str, str]:
        """Return the response headers; seconds are rounded up."""
        reset = str(max(0, math.ceil(self.seconds)))
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": reset,
        }
        if not self.allowed:
            headers["Retry-After"] = reset if reset != "0" else "1"
        return headers


@dataclass(slots=True)
class Visitor:
    """The client address of a request and the last limit that was checked."""

    address: str
    allowance: Allowance | None = None
