"""The table `contact_aliases`: addresses of contacts that were merged into others."""

from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.postgres import Connection
from linktime_contacts.domain.contact import Contact

MOVE = "UPDATE contact_aliases SET contact_id = $3 WHERE owner_id = $1 AND contact_id = $2"

ADD = """
    INSERT INTO contact_aliases (owner_id, contact_id, kind, key)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (owner_id, kind, key) DO NOTHING
"""

REMOVE_EMAIL = """
    DELETE FROM contact_aliases
     WHERE owner_id = $1
       AND contact_id = $2
       AND kind = 'email'
       AND key = $3
"""


async def take_over(connection: Connection, kept_id: UUID, merged: Contact) -> None:
    """Make the addresses of `merged`, a locked contact, find the contact `kept_id`."""
    await connection.execute(MOVE, merged.owner_id, merged.id, kept_id)
    await connection.execute(ADD, merged.owner_id, kept_id, "email", lowercase_key(merged.email))
    if merged.phone is not None:
        await connection.execute(ADD, merged.owner_id, kept_id, "phone", merged.phone)


async def remove_email(
    connection: Connection, *, owner_id: UUID, contact_id: UUID, email: str
) -> None:
    """Remove an e-mail that is no longer another one of its contact."""
    await connection.execute(REMOVE_EMAIL, owner_id, contact_id, lowercase_key(email))
