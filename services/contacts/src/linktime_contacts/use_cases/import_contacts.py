"""Add and change many contacts."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events import next_version
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_contacts.deps import Deps
from linktime_contacts.domain.contact import Contact, ContactFields, ContactSource, contact_created
from linktime_contacts.domain.errors import ContactEmailTaken
from linktime_contacts.domain.instants import whole_milliseconds
from linktime_contacts.domain.meeting import NO_MEETINGS
from linktime_contacts.store import contact_aliases, contact_imports


@dataclass(frozen=True)
class ImportRow:
    """A contact in a line of a file; what is None there is not changed."""

    line: int
    fields: ContactFields


@dataclass(frozen=True)
class FailedRow:
    """A line that was not imported, and why, by field."""

    line: int
    email: str | None
    details: Mapping[str, str]


@dataclass(kw_only=True)
class Imported:
    """The numbers of contacts, and the lines that failed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: list[FailedRow] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ImportContacts:
    """`failed` are lines that could not be read."""

    owner_id: UUID
    rows: Sequence[ImportRow]
    failed: Sequence[FailedRow]
    source: ContactSource


async def import_contacts(
    command: ImportContacts, deps: Deps, attempt: WriteAttempt[Imported]
) -> Imported:
    """Add the contacts whose e-mail is new, change the others; the report is by line.

    If one of them was added or merged meanwhile, it begins again and finds that one.
    """
    while True:
        with suppress(ContactEmailTaken):
            return await _import(command, deps, attempt)


async def _import(command: ImportContacts, deps: Deps, attempt: WriteAttempt[Imported]) -> Imported:
    now = whole_milliseconds(deps.clock.now())
    async with deps.database.transaction() as connection:
        report = Imported(failed=list(command.failed))
        rows = _without_repeats(command.rows, report)
        emails = [row.fields.email for row in rows.values()]
        known = await contact_imports.lock_by_emails(connection, command.owner_id, emails)
        await _change(connection, rows, known, report, now=now)
        new = [row for key, row in rows.items() if key not in known]
        await _add(connection, command, new, report, now=now)
        report.failed.sort(key=lambda failed: failed.line)
        await attempt.keep(connection, report)
    return report


def _without_repeats(rows: Sequence[ImportRow], report: Imported) -> dict[str, ImportRow]:
    """Return the rows by the key of their e-mail; a repeated one has failed."""
    first: dict[str, ImportRow] = {}
    for row in rows:
        earlier = first.setdefault(lowercase_key(row.fields.email), row)
        if earlier is not row:
            sentence = f"Line {earlier.line} has the same e-mail"
            report.failed.append(FailedRow(row.line, row.fields.email, {"email": sentence}))
    return first


async def _change(
    connection: Connection,
    rows: Mapping[str, ImportRow],
    known: Mapping[str, Contact],
    report: Imported,
    *,
    now: datetime,
) -> None:
    before = {contact.id: contact for contact in known.values()}
    after = dict(before)
    for key, contact in known.items():
        values = {name: value for name, value in vars(rows[key].fields).items() if value}
        del values["email"]
        changed = after[contact.id].changed(values, now=now)
        report.unchanged += changed == after[contact.id]
        report.updated += changed != after[contact.id]
        after[contact.id] = changed
    saved = [after[id_] for id_ in sorted(after) if after[id_] != before[id_]]
    await contact_imports.save(connection, saved)
    for contact in saved:
        await contact_aliases.replace_changed(connection, before[contact.id], contact)


async def _add(
    connection: Connection,
    command: ImportContacts,
    rows: Sequence[ImportRow],
    report: Imported,
    *,
    now: datetime,
) -> None:
    new = [
        Contact(
            **vars(row.fields),
            id=new_id(),
            owner_id=command.owner_id,
            version=next_version(0, now),
            created_at=now,
            updated_at=now,
        )
        for row in rows
    ]
    await contact_imports.insert(connection, new)
    report.created += len(new)
    events = [
        contact_created(contact, NO_MEETINGS, source=command.source, occurred_at=now)
        for contact in new
    ]
    await outbox.add_all(connection, events)
