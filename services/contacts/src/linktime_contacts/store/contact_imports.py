"""SQL of many contacts at once, in the table `contacts`."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from linktime_common.caseless import lowercase_key
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.errors import ContactEmailTaken
from linktime_contacts.store import contacts

# By id, as every lock of several contacts.
LOCK_BY_EMAILS = f"""
    SELECT {contacts.COLUMNS.qualified("contacts")}, wanted.key
      FROM unnest($2::text[]) AS wanted (key)
      JOIN contacts
        ON contacts.owner_id = $1
       AND contacts.id = coalesce(
               (SELECT named.id
                  FROM contacts AS named
                 WHERE named.owner_id = $1
                   AND named.email_key = wanted.key),
               (SELECT contact_id
                  FROM contact_aliases
                 WHERE owner_id = $1
                   AND kind = 'email'
                   AND key = wanted.key))
     ORDER BY contacts.id
       FOR UPDATE OF contacts
"""  # noqa: S608 - the columns are a constant


async def lock_by_emails(
    connection: Connection, owner_id: UUID, emails: Sequence[str]
) -> dict[str, Contact]:
    """Lock the owner's contacts that are found by the e-mails; return them by lowercase key."""
    keys = [lowercase_key(email) for email in emails]
    rows = await connection.fetch(LOCK_BY_EMAILS, owner_id, keys)
    return {row["key"]: Contact(**contacts.COLUMNS.fields(row)) for row in rows}


async def insert(connection: Connection, new: Sequence[Contact]) -> None:
    """Insert the contacts; raises ContactEmailTaken if another one has an e-mail of them."""
    # In one order, so that two imports do not wait for each other.
    ordered = sorted(new, key=lambda contact: lowercase_key(contact.email))
    values = [contacts.values_of(contact) for contact in ordered]
    try:
        rows = await connection.fetchmany(contacts.INSERT, values)
    except asyncpg.UniqueViolationError as error:
        raise ContactEmailTaken from error
    if len(rows) < len(new):
        raise ContactEmailTaken


async def save(connection: Connection, changed: Sequence[Contact]) -> None:
    """Write the changeable fields of locked contacts that keep their e-mails."""
    await connection.executemany(contacts.SAVE, [contacts.saved_values(one) for one in changed])
