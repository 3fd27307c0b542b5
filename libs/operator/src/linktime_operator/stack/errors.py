"""The one refusal of this package."""

from linktime_operator.errors import OperatorError


class StackError(OperatorError):
    """The stack cannot start or be used; the text is a sentence for a person."""
