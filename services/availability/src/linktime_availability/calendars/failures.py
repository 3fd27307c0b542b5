"""Which error a failed request or a status is."""

from http import HTTPStatus

from linktime_availability.calendars.port import (
    CalendarError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    RateLimited,
    Transient,
    Unauthorized,
)
from linktime_common.egress.client import GuardedAnswer
from linktime_common.egress.errors import (
    AnswerTooLarge,
    RequestFailed,
    RequestRefused,
    TooManyRedirects,
)
from linktime_common.http.answers import retry_after_seconds

# A repetition gets the same answer.
LASTING = (RequestRefused, TooManyRedirects)

BY_STATUS: dict[int, tuple[type[CalendarError], str]] = {
    HTTPStatus.UNAUTHORIZED: (Unauthorized, "The server does not accept the user and password"),
    HTTPStatus.FORBIDDEN: (Forbidden, "The server does not let this account read the calendar"),
    HTTPStatus.NOT_FOUND: (Gone, "There is nothing at this address"),
    HTTPStatus.GONE: (Gone, "There is nothing at this address"),
    HTTPStatus.CONFLICT: (Conflict, "The calendar already has this event"),
    HTTPStatus.PRECONDITION_FAILED: (Conflict, "The event was changed in the calendar"),
    HTTPStatus.REQUEST_TIMEOUT: (Transient, "The server did not get the request in time"),
    HTTPStatus.LOCKED: (Transient, "The calendar is locked at the moment"),
    HTTPStatus.INSUFFICIENT_STORAGE: (Transient, "The server has no room for the answer"),
}
FIRST_SERVER_ERROR = 500
PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_MANY_REQUESTS})


class AnswerOversized(Invalid):
    """The answer is longer than the limit; a smaller question may get one that is not."""


def passes(status: int) -> bool:
    """Return whether the same question may get another answer later."""
    return status in PASSING or status >= FIRST_SERVER_ERROR


def of_failure(error: RequestFailed) -> CalendarError:
    """Return the error of a request without an answer; its text is safe."""
    if isinstance(error, AnswerTooLarge):
        return AnswerOversized(str(error))
    return (Invalid if isinstance(error, LASTING) else Transient)(str(error))


def of_status(answer: GuardedAnswer) -> CalendarError:
    """Return the error of an answer that is not a success."""
    status = answer.status
    wait = retry_after_seconds(answer.headers.get("Retry-After"))
    if status == HTTPStatus.TOO_MANY_REQUESTS or (
        status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None
    ):
        return RateLimited("The server accepts no more requests now", retry_after_seconds=wait)
    if status in BY_STATUS:
        kind, sentence = BY_STATUS[status]
        return kind(sentence)
    if status >= FIRST_SERVER_ERROR:
        return Transient(f"The server failed with status {status}")
    return Invalid(f"The server answered with status {status}, which is not a calendar's answer")
