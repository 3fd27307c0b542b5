"""The errors that every layer can raise: refusals, invalid requests, dependencies away."""

from typing import Any


class SafeToLog(Exception):
    """Its message is made of our own words and of ids; it never quotes what a client sent."""


class Refusal(SafeToLog):
    """The request was refused."""

    # The first line of a subclass's docstring is the sentence its caller reads.
    sentence: str = "The request was refused"
    retry_after_seconds: int | None = None
    """When the same request can succeed, if time alone decides."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__doc__:
            cls.sentence = cls.__doc__.strip().splitlines()[0].rstrip(".")

    def __init__(self, **facts: Any) -> None:
        """Keep what the log should know, ids and instants; callers read only the sentence."""
        super().__init__(self.sentence)
        self.facts = facts


class InvalidRequest(Exception):
    """The caller sent something malformed; `details` names each field."""

    def __init__(self, details: dict[str, str]) -> None:
        super().__init__("Invalid request data")
        self.details = details


class Unavailable(SafeToLog):
    """Something this service depends on gave no answer in time."""


class NotReady(SafeToLog):
    """What a readiness check found missing, as a sentence without a full stop."""


class OutcomeUnknown(Unavailable):
    """A write may or may not have happened; only repeating it with its key can tell."""


class Contended(Unavailable):
    """The database ended a transaction in favour of another one; the same again can succeed."""
