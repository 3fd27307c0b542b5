"""What the log says of an exception quotes no row and no request."""

import asyncpg
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from linktime_common.errors import Unavailable
from linktime_common.failures import described, stack_of

ADDRESS = "sarah@example.com"


class Guest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seats: int


async def refused_by_postgres(dsn: str, statement: str, *values: object) -> asyncpg.PostgresError:
    """The error of a statement on an empty table of people."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TEMP TABLE people (email text CHECK (email = ''))")
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(statement, *values)
    finally:
        await connection.close()
    return refused.value


async def test_a_databases_words_without_the_row(postgres_dsn: str) -> None:
    """The constraint is named, the failing row is not; a value that does not fit is not quoted."""
    violation = await refused_by_postgres(postgres_dsn, "INSERT INTO people VALUES ($1)", ADDRESS)
    assert ADDRESS in str(violation)
    assert described(violation) == (
        'CheckViolationError: new row for relation "people" violates check constraint '
        '"people_email_check"'
    )
    assert ADDRESS not in stack_of(violation)
    invalid = await refused_by_postgres(postgres_dsn, f"SELECT '{ADDRESS}'::uuid")
    assert ADDRESS in str(invalid)
    assert described(invalid) == "InvalidTextRepresentationError"


def test_a_parsers_words_without_its_input() -> None:
    """Which model and what kind of fault, but neither a value nor a name that a caller chose."""
    with pytest.raises(ValidationError) as invalid:
        Guest.model_validate({"seats": ADDRESS, ADDRESS: 1})
    assert described(invalid.value) == "ValidationError: Guest has extra_forbidden, int_parsing"
    assert described(ValueError(f"invalid literal: {ADDRESS}")) == "ValueError"
    assert described(KeyError(ADDRESS)) == "KeyError"
    assert described(Unavailable("the database went away")) == "Unavailable: the database went away"
    assert described(TimeoutError()) == "TimeoutError"


def test_causes_and_parts_are_all_there() -> None:
    """In the order of a traceback, with the lines of code that led there."""

    def fail() -> None:
        try:
            int(ADDRESS)
        except ValueError as error:
            raise RuntimeError("no seats") from error

    with pytest.raises(RuntimeError) as first:
        fail()
    shown = stack_of(ExceptionGroup("two tasks", [first.value, KeyError(ADDRESS)]))
    assert ADDRESS not in shown
    for earlier, later in (
        ("ValueError", "RuntimeError: no seats"),
        ("ExceptionGroup", "KeyError"),
    ):
        assert shown.index(earlier) < shown.index(later)
    assert "int(ADDRESS)" in shown
