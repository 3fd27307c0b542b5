"""Exceptions in log lines: what is included and what is not."""

import io
import logging
from collections.abc import Callable

import aio_pika
import asyncpg
import orjson
import pytest
import structlog
from aio_pika.exceptions import AMQPConnectionError
from pydantic import BaseModel

from linktime_common import logs
from linktime_common.errors import Unavailable
from linktime_common.failures import describe, stack_of

SECRET = "sarah@example.com"


class Body(BaseModel):
    number: int


def caught(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def refuse_input() -> None:
    Body.model_validate({"number": SECRET})


def go_without_answer() -> None:
    try:
        raise ConnectionResetError(104, SECRET)
    except OSError as error:
        raise Unavailable("scim gave no answer") from error


def test_a_message_is_left_out() -> None:
    """pydantic's contains the input; a group has members; a cycle of causes ends."""
    assert describe(caught(refuse_input)) == "ValidationError"
    group = ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])
    assert describe(group) == "ExceptionGroup from ValueError from KeyError"
    first, second = ValueError(SECRET), KeyError(SECRET)
    first.__cause__, second.__cause__ = second, first
    assert describe(first) == "ValueError from KeyError"


def test_our_own_words_and_codes_stay() -> None:
    """An operator sees what was unavailable, and why."""
    expected = "Unavailable: scim gave no answer from ConnectionResetError ECONNRESET"
    assert describe(caught(go_without_answer)) == expected


def test_a_stack_has_frames_and_no_messages() -> None:
    """Of the error and its causes."""
    stack = stack_of(caught(go_without_answer))
    assert "in go_without_answer" in stack
    assert "\nfrom\n" in stack
    assert SECRET not in stack


async def test_postgres_names_the_constraint_and_no_value(postgres_dsn: str) -> None:
    """DETAIL contains the row's values."""
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute("CREATE TEMP TABLE people (email text CONSTRAINT one_each UNIQUE)")
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        for _ in range(2):
            await connection.execute("INSERT INTO people VALUES ($1)", SECRET)
    await connection.close()
    assert SECRET in str(raised.value.detail)
    assert describe(raised.value) == "UniqueViolationError 23505 one_each"


def test_every_way_to_log_an_exception_is_written_without_its_message(
    written: io.StringIO,
) -> None:
    """Our log calls, the libraries', asyncio's, and the traceback of a process that exits."""
    error = caught(refuse_input)
    line = structlog.get_logger()
    line.warning("as a value", error=error)
    line.error("with its stack", exc_info=error)
    logging.getLogger("aiohttp.server").error("from %s", SECRET, exc_info=error)
    logging.getLogger("asyncio").error(f"never retrieved\nfuture: <Task exception={error!r}>")
    try:
        refuse_input()
    except ValueError:
        line.exception("while handled")
    logs._log_uncaught(type(error), error, None)
    lines = [orjson.loads(one) for one in written.getvalue().splitlines()]
    assert [one["event"] for one in lines] == [
        "as a value",
        "with its stack",
        "from …",
        "never retrieved",
        "while handled",
        "the process ends",
    ]
    assert lines[0]["error"] == "ValidationError"
    assert [index for index, one in enumerate(lines) if "refuse_input" in str(one)] == [1, 2, 4, 5]
    assert SECRET not in written.getvalue()


async def test_lines_of_aiormq_about_outages_are_not_logged(written: io.StringIO) -> None:
    """The link logs it; a message that only aiormq logs, that the broker blocks, is written."""
    with pytest.raises(AMQPConnectionError):
        await aio_pika.connect("amqp://nobody@127.0.0.1:9/")
    assert written.getvalue() == ""
    log = logging.getLogger("aiormq.connection")
    log.error("Got frame for closed channel %d: %r", 1, SECRET)
    log.warning("Connection %r was blocked by: %r", SECRET, "low on memory")
    log.warning("Connection %r was unblocked", SECRET)
    events = [orjson.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert events == [
        "RabbitMQ has blocked a connection: low on memory",
        "Connection … was unblocked",
    ]
    assert SECRET not in written.getvalue()
