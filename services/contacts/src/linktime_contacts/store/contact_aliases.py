"""The table `contact_aliases`: addresses of contacts that were merged into others."""

from linktime_common.caseless import lowercase_key
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact

REMOVE_OTHERS = """
    DELETE FROM contact_aliases
     WHERE owner_id = $1
       AND contact_id = $2
       AND (kind, key) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))
"""

# In one order, so that two merges with the same phone numbers do not deadlock.
ADD = """
    INSERT INTO contact_aliases (owner_id, contact_id, kind, key)
    SELECT $1, $2, kind, key
      FROM unnest($3::text[], $4::text[]) AS kept (kind, key)
     ORDER BY kind, key
    ON CONFLICT (owner_id, kind, key) DO NOTHING
"""


async def replace(connection: Connection, contact: Contact) -> None:
    """Make the other e-mails and phones of a locked contact find it, and no earlier ones."""
    emails = {("email", lowercase_key(email)) for email in contact.other_emails}
    kept = emails | {("phone", phone) for phone in contact.other_phones}
    kinds, keys = [kind for kind, _key in kept], [key for _kind, key in kept]
    for statement in (REMOVE_OTHERS, ADD):
        await connection.execute(statement, contact.owner_id, contact.id, kinds, keys)


async def replace_changed(connection: Connection, before: Contact, after: Contact) -> None:
    """As `replace`, if a change of the contact made one of its other addresses its own."""
    if (before.other_emails, before.other_phones) != (after.other_emails, after.other_phones):
        await replace(connection, after)
