"""Why something could not be done, for a person."""


def reason_of(error: Exception) -> str:
    """The words of `error` for a person, also where the library gave it none."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, StopAsyncIteration):
        return "it closed the connection at once"
    return str(error) or type(error).__name__
