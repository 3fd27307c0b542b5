"""Why a request of the guarded client gave no answer.

The texts consist of fixed sentences and reason codes. They never quote a URL, a header or an error
of another library, which may contain a password or the secret part of an address.
"""

from typing import ClassVar

from linktime_common.egress.reasons import FailureReason
from linktime_common.errors import SafeToLog


class RequestFailed(SafeToLog):
    """There is no answer; `reason` is the code for logs and for the user."""

    reason: str

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class RequestRefused(RequestFailed):
    """The address, or the address of a redirect, may not be reached; nothing was sent to it."""


class RequestTimedOut(RequestFailed):
    """The answer was not complete in time, or nothing arrived for too long."""


class TlsFailed(RequestFailed):
    """The TLS handshake failed; `reason` is its cause, such as `tls_wrong_name`."""


class ConnectionFailed(RequestFailed):
    """The name did not resolve, or the connection failed or ended before the answer did."""


class AnswerUnreadable(RequestFailed):
    """The bytes are not an HTTP answer, or its body cannot be decoded."""


class AnswerTooLarge(RequestFailed):
    """The body is longer than the limit, before or after decompression."""

    code: ClassVar[str] = "too_large"

    def __init__(self) -> None:
        super().__init__("The answer is longer than the limit", self.code)


class TooManyRedirects(RequestFailed):
    """The answer was another redirect after the last one that is followed."""

    code: ClassVar[str] = "too_many_redirects"

    def __init__(self) -> None:
        super().__init__("The server redirects too many times", self.code)


_KINDS: dict[FailureReason, tuple[type[RequestFailed], str]] = {
    FailureReason.BLOCKED_ADDRESS: (RequestRefused, "This address may not be reached"),
    FailureReason.TIMEOUT: (RequestTimedOut, "The server did not answer in time"),
    FailureReason.UNREADABLE_ANSWER: (AnswerUnreadable, "The answer cannot be read"),
}


def failure_of(reason: FailureReason) -> RequestFailed:
    """Return the exception for a reason code."""
    if reason in _KINDS:
        kind, sentence = _KINDS[reason]
        return kind(sentence, reason)
    if reason.startswith("tls"):
        return TlsFailed(f"The TLS handshake failed: {reason}", reason)
    return ConnectionFailed(f"The connection failed: {reason}", reason)
