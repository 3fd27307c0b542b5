"""Rate limits and their response headers."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from linktime_gateway.domain.credentials import ApiKeyGrant, ScimTokenGrant
from linktime_gateway.domain.sessions import SessionGrant


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
    """The client address of a request, the last limit that was checked, and the credential."""

    address: str
    allowance: Allowance | None = None
    grant: ApiKeyGrant | ScimTokenGrant | SessionGrant | None = None

    def ids(self) -> dict[str, UUID]:
        """Return the ids of the credential and its owner that are known, by name."""
        match self.grant:
            case ApiKeyGrant(key_id=key_id, user_id=user_id):
                return {"key_id": key_id, "user_id": user_id}
            case ScimTokenGrant(token_id=token_id, organization_id=organization_id):
                return {"token_id": token_id, "organization_id": organization_id}
            case SessionGrant(user_id=user_id):
                return {"user_id": user_id}
            case None:
                return {}
