"""Exceptions in words for the log: what happened and where, without the values that met it.

Messages of databases and parsers quote rows and requests, which the log must not hold.
"""

import traceback
from types import TracebackType

import asyncpg
from pydantic import ValidationError

# Their messages name types, attributes, files and hosts, never what a caller sent.
PLAIN = (OSError, RuntimeError, TypeError, AttributeError, NameError, ImportError, AssertionError)
OURS = "linktime_"
# Class 22, data exceptions: the message quotes the value.
QUOTING_CLASS = "22"
Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def described(error: BaseException) -> str:
    """The exception's class, with its message where that quotes nobody."""
    message = _message(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def stack_of(error: BaseException) -> str:
    """The stacks of an exception, of its causes before it and of its parts after it."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    stacks = [stack_of(earlier)] if earlier is not None else []
    stacks.append("".join(traceback.format_tb(error.__traceback__)) + described(error))
    if isinstance(error, BaseExceptionGroup):
        stacks += [stack_of(part) for part in error.exceptions]
    return "\n\n".join(stacks)


def rendered(exc_info: Raised) -> str:
    """What structlog shows of an exception."""
    return stack_of(exc_info[1])


def _message(error: BaseException) -> str:
    match error:
        case asyncpg.PostgresError():
            # DETAIL and CONTEXT, which quote rows, are not part of its arguments.
            quotes = (error.sqlstate or QUOTING_CLASS).startswith(QUOTING_CLASS)
            return "" if quotes else str(error.args[0] if error.args else "")
        case ValidationError():
            # Not where: a place may be a name that the caller chose.
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return f"{error.title} has {', '.join(sorted({one['type'] for one in problems}))}"
        case _ if isinstance(error, PLAIN) or type(error).__module__.startswith(OURS):
            return str(error)
        case _:
            return ""
