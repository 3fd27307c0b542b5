"""What the command says when it cannot do what was asked."""


class OperatorError(Exception):
    """The text is a sentence for a person; `details` names fields."""

    def __init__(self, sentence: str, details: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.details = details or {}


class ServiceUnavailable(OperatorError):
    """A service gave no answer in time, or said that something is wrong on its side."""


class StackError(OperatorError):
    """The stack of this machine cannot start or be used."""
