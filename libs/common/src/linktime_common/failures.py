"""How log lines name exceptions: by class and codes, never by a message that may quote a client.

A parser's message holds the bytes it could not read, PostgreSQL's detail the values of a row, and
pydantic's the input.
"""

import errno
import traceback
from collections.abc import Iterator

from linktime_common.errors import SafeToLog

MOST_LINKED = 10


def describe(error: BaseException) -> str:
    """`UniqueViolationError 23505 contacts_email_key from ConnectionResetError ECONNRESET`."""
    return " from ".join(map(_describe_one, _linked(error)))


def stack_of(error: BaseException) -> str:
    """The frames of the error and of those it came from, each with its description."""
    stacks = ("".join(traceback.format_tb(one.__traceback__)) for one in _linked(error))
    return "\nfrom\n".join(
        f"{stack}{_describe_one(one)}" for stack, one in zip(stacks, _linked(error), strict=True)
    )


def _describe_one(error: BaseException) -> str:
    words = [type(error).__name__]
    if isinstance(error, SafeToLog):
        return ": ".join([*words, *filter(None, [str(error)])])
    if isinstance(error, OSError) and error.errno is not None:
        words.append(errno.errorcode.get(error.errno, str(error.errno)))
    # asyncpg's: the code, and the name that our own migration gave the constraint.
    words += [
        value
        for name in ("sqlstate", "constraint_name")
        if isinstance(value := getattr(error, name, None), str)
    ]
    return " ".join(words)


def _linked(error: BaseException) -> Iterator[BaseException]:
    """The error, the members of a group, and what each came from."""
    left, seen = [error], set[int]()
    while left and len(seen) < MOST_LINKED:
        one = left.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            left.extend(one.exceptions)
        came_from = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if came_from is not None:
            left.append(came_from)
