"""Confirmation of commands whose effect cannot be undone."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from linktime_operator.errors import OperatorError

Command = Callable[..., None]


def destructive(question: str) -> Callable[[Command], Command]:
    """Add `--yes`; without it ask the question on a terminal. A script is not asked.

    The question may name options of the command: "Delete the contact {contact_id}?"
    """

    def decorate(command: Command) -> Command:
        @click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
        @functools.wraps(command)
        def run(*, yes: bool, **given: Any) -> None:
            # It is None if the process was started with it closed.
            if not yes and sys.stdin is not None and sys.stdin.isatty():
                _ask(question.format(**given))
            command(**given)

        return run

    return decorate


def _ask(question: str) -> None:
    if not click.confirm(f"{question} This cannot be undone.", err=True):
        raise OperatorError("Not confirmed: nothing was done.")
