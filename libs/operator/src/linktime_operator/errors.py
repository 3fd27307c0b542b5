"""Errors of the command."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from linktime_common.contracts.error_codes import ErrorCode

NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})


class OperatorError(Exception):
    """An error for a person: one sentence; `details` names fields.

    For programs: `code` is that of the API, or None if it has none for the error, and `more` the
    other fields of a service's answer.
    """

    exit_status = 1
    code: str | None = None

    def __init__(
        self,
        sentence: str,
        details: Mapping[str, str] | None = None,
        *,
        code: str | None = None,
        more: Mapping[str, Any] = NOTHING_MORE,
    ) -> None:
        super().__init__(sentence)
        self.details = details or {}
        self.more = more
        if code is not None:
            self.code = code


class WrongArgument(OperatorError):
    """An argument of the command is not one that it has."""

    exit_status = 2
    code = ErrorCode.INVALID_REQUEST


class ServiceUnavailable(OperatorError):
    """A service did not respond in time, or responded with a 5xx."""

    code = ErrorCode.UNAVAILABLE


class CallFailed(ServiceUnavailable):
    """A call had no usable response; `reason` is a sentence without a full stop.

    `reads`: it would have changed nothing.
    """

    def __init__(self, reason: str, *, reads: bool) -> None:
        effect = "" if reads else " It may have been done all the same."
        super().__init__(f"{reason}.{effect} See `linktime doctor`.")
        self.reason = reason


class StackError(OperatorError):
    """The local stack cannot start or be used."""


class WrongSettings(StackError):
    """A setting is invalid; the text names it."""

    exit_status = 2
