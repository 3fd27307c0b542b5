"""The log of attempts: requests and responses."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from linktime_common.columns import ArrayColumns
from linktime_common.postgres import Connection

ATTEMPT = ArrayColumns(
    id="uuid",
    delivery_id="uuid",
    endpoint_id="uuid",
    attempt="int",
    at="timestamptz",
    url="text",
    address="text",
    request_headers="jsonb",
    status="int",
    reason="text",
    dns_ms="int",
    connect_ms="int",
    tls_ms="int",
    first_byte_ms="int",
    total_ms="int",
    response_headers="bytea",
    response_body="bytea",
    response_truncated="boolean",
)

# A batch that is written twice (the result of a COMMIT was lost) is stored once.
INSERT = f"""
    INSERT INTO attempts ({ATTEMPT})
    SELECT *
      FROM unnest({ATTEMPT.arrays()})
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - the columns are a constant


class AttemptRow(NamedTuple):
    """One row of the log; milliseconds are None for steps that did not happen."""

    id: UUID
    delivery_id: UUID
    endpoint_id: UUID
    attempt: int
    at: datetime
    url: str
    address: str | None
    request_headers: dict[str, str]
    status: int | None
    reason: str
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None
    total_ms: int
    response_headers: bytes
    response_body: bytes
    response_truncated: bool

    def without_answer(self) -> Self:
        """Return the row without anything that the receiver chose."""
        return self._replace(
            request_headers={}, address=None, response_headers=b"", response_body=b""
        )


async def insert(connection: Connection, attempts: Sequence[AttemptRow]) -> None:
    """Write a batch of at least one row."""
    rows = map(ATTEMPT.values, attempts)
    await connection.execute(INSERT, *zip(*rows, strict=True))
