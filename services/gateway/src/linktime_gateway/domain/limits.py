"""What is limited, and what a caller is told about it."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Limit(StrEnum):
    """By whom each is counted: the id of the key, token or session, or the client's address."""

    API_KEY = "api_key"
    FAILED_CHECKS = "failed_checks"
    PUBLIC_BOOKINGS = "public_bookings"
    PUBLIC_READS = "public_reads"
    SCIM = "scim"
    SESSION = "session"


class Allowance(NamedTuple):
    """What is left of a limit; `seconds` until one more request is allowed than now."""

    limit: int
    remaining: int
    seconds: float
    allowed: bool

    def headers(self) -> dict[str, str]:
        """The headers that say so; whole seconds, rounded up so that waiting them is enough."""
        reset = str(max(0, math.ceil(self.seconds)))
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": reset,
        }
        if not self.allowed:
            told["Retry-After"] = reset if reset != "0" else "1"
        return told


@dataclass(slots=True)
class Visitor:
    """Who sends a request, and what the last limit that looked at it says."""

    address: str
    allowance: Allowance | None = None
