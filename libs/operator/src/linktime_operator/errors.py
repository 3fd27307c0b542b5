"""Errors of the command."""


class OperatorError(Exception):
    """An error for a person: one sentence; `details` names fields."""

    exit_status = 1

    def __init__(self, sentence: str, details: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.details = details or {}


class WrongArgument(OperatorError):
    """An argument of the command is not one that it has."""

    exit_status = 2


class ServiceUnavailable(OperatorError):
    """A service did not respond in time, or responded with a 5xx."""


class StackError(OperatorError):
    """The local stack cannot start or be used."""


class WrongSettings(StackError):
    """A setting is invalid; the text names it."""

    exit_status = 2
