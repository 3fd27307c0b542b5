"""Contacts as CSV: export and import, for API keys and the dashboard."""

import asyncio
from functools import partial
from typing import Annotated, Self

from aiohttp import hdrs, web
from pydantic import Field, StringConstraints, ValidationError

from linktime_common.contracts.wire import WireModel
from linktime_common.http import auth, bodies, cursors
from linktime_common.http.cursors import MOST_CURSOR_CHARACTERS, CursorPages
from linktime_common.http.fields import TIMEZONE, RequestModel
from linktime_common.http.operations import Operation, TextReply
from linktime_common.http.validation import details_of
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply
from linktime_common.identity import CallerKind
from linktime_common.keyset import Order
from linktime_contacts.api.contacts import EMAIL_TAKEN, TAG, NewContactRequest
from linktime_contacts.deps import DEPS
from linktime_contacts.domain import contact_csv
from linktime_contacts.domain.contact import ContactFields
from linktime_contacts.domain.contact_csv import CsvRefused, CsvRow
from linktime_contacts.store import contact_lists
from linktime_contacts.use_cases.import_contacts import (
    FailedRow,
    ImportContacts,
    Imported,
    ImportRow,
    import_contacts,
)

MEDIA_TYPE = "text/csv"
PAGE = 5_000
SLICE = 500
"""Contacts that are written without letting other requests run."""

EXAMPLE = (
    "name,email,phone,company,notes,otherEmails,otherPhones,meetingCount,lastMeetingAt,createdAt,"
    "updatedAt,id\r\n"
    "Zoë Quinn,zoe@example.com,'+4930123456,Example GmbH,Prefers mornings,,,1,"
    "2026-03-01T14:00:00.000Z,2026-02-20T09:30:00.000Z,2026-02-20T09:30:00.000Z,"
    "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21\r\n"
)


class ExportQuery(CursorPages):
    """Pages of the contacts, newest first."""

    cursor: Annotated[
        str | None,
        Field(
            max_length=MOST_CURSOR_CHARACTERS,
            description="From the `Link` of the page before; without `page`",
        ),
    ] = None


class ImportRequest(RequestModel):
    """A file with up to 500 rows below the line that names the columns."""

    # Its cells are validated as those of a new contact, each with its line.
    csv: Annotated[str, StringConstraints(max_length=1_000_000)]


class FailedRowReply(WireModel):
    """A line of the file that was not imported, and why, by field."""

    line: int
    email: str | None
    details: dict[str, str]


class ImportedReply(WireModel):
    """The numbers of contacts that were added, changed and equal, and the lines that failed."""

    created: int
    updated: int
    unchanged: int
    failed: list[FailedRowReply]

    @classmethod
    def of(cls, imported: Imported) -> Self:
        failed = [FailedRowReply(**vars(row)) for row in imported.failed]
        return cls(
            created=imported.created,
            updated=imported.updated,
            unchanged=imported.unchanged,
            failed=failed,
        )


@Operation(
    name="exportContacts",
    summary="Export contacts as CSV",
    description=(
        "Newest first, 5,000 on each page; a `page` after the last has only the line that names "
        "the columns. `Link` is the address of the next page, which continues after the last "
        "contact of this one: none is exported twice or left out while others are added or "
        "deleted. UTF-8 with a byte order mark. A cell that a spreadsheet would run as a "
        "formula (a phone number with +, too) begins with an apostrophe, which an import removes."
    ),
    tag=TAG,
    query=ExportQuery,
    text=TextReply(MEDIA_TYPE, EXAMPLE),
)
async def get_export(request: web.Request) -> web.Response:
    query, owner_id = bodies.read_query(request, ExportQuery), auth.user_id(request)
    deps = request.app[DEPS]
    wanted = cursors.requested_of(query, owner_id, limit=PAGE)
    async with deps.database.connection() as connection:
        page = await contact_lists.list_page(
            connection,
            owner_id,
            filters=contact_lists.ContactFilters(),
            order=Order.DESC,
            limit=PAGE,
            offset=wanted.offset,
            after_position=wanted.after,
            now=deps.clock.now(),
        )
    listed = page.contacts
    parts = [contact_csv.header()]
    for start in range(0, len(listed), SLICE):
        parts.append(contact_csv.lines(listed[start : start + SLICE]))
        await asyncio.sleep(0)
    headers = {hdrs.CONTENT_DISPOSITION: 'attachment; filename="contacts.csv"'}
    following = cursors.following_cursor(query, owner_id, page=wanted.page, last=page.last)
    if following is not None:
        headers[hdrs.LINK] = f'<{request.rel_url.raw_path}?cursor={following}>; rel="next"'
    return web.Response(text="".join(parts), content_type=MEDIA_TYPE, headers=headers)


@Operation(
    name="importContacts",
    summary="Import contacts from CSV",
    description=(
        "The first line names the columns: name and email, and phone, company, notes if there are "
        "any; others are ignored, so an exported file can be imported. Cells are separated by "
        "commas, semicolons or tabs. A contact that is found by the e-mail gets the values of the "
        "cells that are not blank. A row that cannot be imported is in `failed`, with its line; "
        "the others are imported. Publishes `contact.created` for each contact that is added."
    ),
    tag=TAG,
    body=ImportRequest,
    body_example={"csv": "name,email,phone\nZoë Quinn,zoe@example.com,+49 30 123456\n,bo,\n"},
    reply=ImportedReply(
        created=1,
        updated=0,
        unchanged=0,
        failed=[
            FailedRowReply(
                line=3,
                email="bo",
                details={"name": "This field is required", "email": "Invalid email format"},
            )
        ],
    ),
    errors=EMAIL_TAKEN,
    idempotent=True,
)
async def post_import(request: web.Request) -> web.Response:
    body = await bodies.read(request, ImportRequest)
    try:
        read = contact_csv.parse(body.csv)
    except CsvRefused as refused:
        raise bodies.invalid("csv", str(refused)) from refused
    caller = auth.caller(request)
    rows = [_row(row, caller.timezone) for row in read]
    command = ImportContacts(
        owner_id=auth.user_id(request),
        rows=[row for row in rows if isinstance(row, ImportRow)],
        failed=[row for row in rows if isinstance(row, FailedRow)],
        source="dashboard" if caller.caller_kind is CallerKind.SESSION else "api",
    )
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(import_contacts, command, deps), _report)


def _row(row: CsvRow, timezone: str | None) -> ImportRow | FailedRow:
    if row.problem is not None:
        return FailedRow(row.line, None, {"row": row.problem})
    try:
        new = NewContactRequest.model_validate(row.values, context={TIMEZONE: timezone})
    except ValidationError as error:
        return FailedRow(row.line, row.values.get("email"), details_of(error))
    return ImportRow(row.line, ContactFields(**new.model_dump()))


def _report(imported: Imported) -> WriteReply:
    return answer(ImportedReply.of(imported))
