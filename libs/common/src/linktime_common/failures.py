"""Exceptions in log lines: class and codes, never the message, which may quote client input.

A parser's message contains the bytes it could not parse, PostgreSQL's detail the values of a row,
and pydantic's the input.
"""

import errno
import traceback
from collections.abc import Iterator

from linktime_common.errors import SafeToLog

MOST_LINKED = 10


def describe(error: BaseException) -> str:
    """Return `UniqueViolationError 23505 contacts_email_key from TimeoutError`, for example."""
    return " from ".join(map(_describe_one, _linked(error)))


def stack_of(error: BaseException) -> str:
    """Return the frames of the error and of its causes, each with its description."""
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
    # asyncpg's: the SQLSTATE, and the constraint name from our own migration.
    words += [
        value
        for name in ("sqlstate", "constraint_name")
        if isinstance(value := getattr(error, name, None), str)
    ]
    return " ".join(words)


def _linked(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, the members of a group, and their causes."""
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
