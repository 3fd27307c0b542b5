"""Reasons of errors, for people."""


def reason_of(error: Exception) -> str:
    """Return the message of `error`, also if the library gave it none."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, StopAsyncIteration):
        return "it closed the connection at once"
    return str(error) or type(error).__name__
