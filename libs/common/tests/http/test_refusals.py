"""Responses of refusals."""

import json

from linktime_common.errors import Refusal
from linktime_common.http.errors import reply_to


class TooSoon(Refusal):
    """Wait for a minute."""

    retry_after_seconds = 60


class NeverAgain(Refusal):
    """This cannot be done."""


def test_a_temporary_refusal_has_retry_after() -> None:
    """In Retry-After; other refusals have none."""
    later = reply_to(TooSoon(), {TooSoon: 429})
    assert (later.status, later.headers["Retry-After"]) == (429, "60")
    body = json.loads(later.body or b"")  # type: ignore[arg-type]
    assert body == {"error": "Wait for a minute", "code": "too_soon"}
    assert "Retry-After" not in reply_to(NeverAgain(), {NeverAgain: 409}).headers
