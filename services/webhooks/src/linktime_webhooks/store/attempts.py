"""The log of attempts: what was sent and answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from linktime_common.postgres import Connection

# The same rows written twice (the answer to a COMMIT was lost) stay one each.
INSERT = """
    INSERT INTO attempts (id, delivery_id, endpoint_id, attempt, at, url, address,
                          request_headers, status, reason, dns_ms, connect_ms, tls_ms,
                          first_byte_ms, total_ms, response_headers, response_body,
                          response_truncated)
    SELECT *
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[], $6::text[],
                  $7::text[], $8::jsonb[], $9::int[], $10::text[], $11::int[], $12::int[],
                  $13::int[], $14::int[], $15::int[], $16::bytea[], $17::bytea[],
                  $18::boolean[])
    ON CONFLICT DO NOTHING
"""


class Attempt(NamedTuple):
    """One row of the log, as INSERT takes it; milliseconds are None for what did not happen."""

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
        """The same with nothing in it that the receiver has chosen."""
        return self._replace(
            request_headers={}, address=None, response_headers=b"", response_body=b""
        )


async def insert(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Write a batch of at least one."""
    await connection.execute(INSERT, *zip(*attempts, strict=True))
