"""Errors that every layer can raise: refusals, invalid requests, unavailable dependencies."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class SafeToLog(Exception):
    """Its message consists of our own words and ids; it never quotes client input."""


class Refusal(SafeToLog):
    """The request was refused."""

    # The sentence for the caller: the first line of the subclass's docstring.
    sentence: str = "The request was refused"
    # For programs: the subclass's own `code`, or else its name (SlotTaken: slot_taken).
    code: ClassVar[str] = "request_refused"
    retry_after_seconds: int | None = None
    """When the same request can succeed, if only time is needed."""
    more: Mapping[str, Any] = MappingProxyType({})
    """Further fields of the answer, which orjson can serialize."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__doc__:
            cls.sentence = cls.__doc__.strip().splitlines()[0].rstrip(".")
        if "code" not in vars(cls):
            cls.code = _WORD_START.sub("_", cls.__name__).lower()

    def __init__(self, **facts: Any) -> None:
        """Store ids and instants for the log; callers see only the sentence."""
        super().__init__(self.sentence)
        self.facts = facts


class InvalidRequest(Exception):
    """The request is malformed; `details` names each field."""

    def __init__(self, details: dict[str, str]) -> None:
        super().__init__("Invalid request data")
        self.details = details


class Unavailable(SafeToLog):
    """A dependency of this service did not respond in time."""


class Overloaded(Unavailable):
    """Too many requests are in progress; nothing was done."""


class NotReady(SafeToLog):
    """What a readiness check found missing, as a sentence without a full stop."""


class OutcomeUnknown(Unavailable):
    """A write may or may not have happened; only a repeat with its key can find out."""


class Contended(Unavailable):
    """The database aborted the transaction in favour of another one; a retry can succeed."""
