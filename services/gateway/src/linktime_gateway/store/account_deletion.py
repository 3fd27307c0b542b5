"""What is deleted with an account: a projection, a login and credentials, all of them few."""

from collections.abc import Sequence
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_gateway.store.changes import CHANNEL

# Links and sessions in the order in which a use of a link locks them.
OF_USER = (
    "DELETE FROM account_links WHERE user_id = $1",
    "DELETE FROM sessions WHERE user_id = $1",
    "DELETE FROM api_keys WHERE user_id = $1",
    "DELETE FROM account_mail_requests WHERE user_id = $1",
    "DELETE FROM logins WHERE user_id = $1",
    "DELETE FROM accounts WHERE id = $1",
)

SCIM_TOKENS = "DELETE FROM scim_tokens WHERE organization_id = $1"

NOTIFY = f"SELECT pg_notify('{CHANNEL}', $1::uuid::text)"


async def delete_account(
    connection: Connection, user_id: UUID, organization_ids: Sequence[UUID] = ()
) -> None:
    """Delete the account with its credentials, and the SCIM tokens of the organizations."""
    for statement in OF_USER:
        await connection.execute(statement, user_id)
    for organization_id in organization_ids:
        await connection.execute(SCIM_TOKENS, organization_id)
    for owner_id in (user_id, *organization_ids):
        await connection.execute(NOTIFY, owner_id)
