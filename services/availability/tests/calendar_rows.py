"""Rows of a calendar, as its account, reading and writing leave them."""

from typing import Any
from uuid import UUID

from linktime_common.ids import new_id

ADD_ACCOUNT = """
    INSERT INTO calendar_accounts (id, host_id, kind, preset, server, user_name, credentials)
    VALUES ($1, $2, 'caldav', 'generic', 'https://dav.example.com', $3, '')
"""
ADD_CALENDAR = """
    INSERT INTO calendars (id, account_id, host_id, ref, name, is_writable, reads)
    VALUES ($1, $2, $3, '/1/', 'Work', true, true)
"""
ADD_OBJECT = """
    INSERT INTO calendar_objects (calendar_id, host_id, ref, version, data, events, refused_count,
                                  refused)
    VALUES ($1, $2, $3, '1', $4, 1, 0, '[]')
"""
ADD_LINK = """
    INSERT INTO calendar_event_links (booking_id, host_id, calendar_id, version, sequence, wanted,
                                      starts_at, ends_at, event, ref)
    VALUES ($1, $2, $3, 1, 0, 'PRESENT', now(), now(), $4, $5)
"""
WITH_ZOE = b"SUMMARY:Lunch\r\nATTENDEE:mailto:zoe@exam\r\n ple.com\r\n"


async def calendar_of(world: Any, host_id: UUID, user_name: str = "ann") -> UUID:
    account, calendar = new_id(), new_id()
    async with world.database.connection() as connection:
        await connection.execute(ADD_ACCOUNT, account, host_id, user_name)
        await connection.execute(ADD_CALENDAR, calendar, account, host_id)
    return calendar


async def add(world: Any, statement: str, *values: Any) -> None:
    async with world.database.connection() as connection:
        await connection.execute(statement, *values)
