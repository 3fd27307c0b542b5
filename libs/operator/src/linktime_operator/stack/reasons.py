"""Reasons of errors, for people."""

import os
import re

_ERRNO = re.compile(r"\[Errno (\d+)\]")
_RESOLVER = re.compile(r"^\[Errno -\d+\] ")


def reason_of(error: Exception) -> str:
    """Return the message of `error`, also if the library gave it none."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, StopAsyncIteration):
        return "it closed the connection at once"
    numbers = {int(number) for number in _ERRNO.findall(str(error))}
    if len(numbers) == 1:  # the same for each address of the host
        reason = os.strerror(numbers.pop())
        return f"{reason[:1].lower()}{reason[1:]}"
    return _RESOLVER.sub("", str(error)) or type(error).__name__
