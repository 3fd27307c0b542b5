"""Rows that the operator compares with scim, of all users."""

from linktime_gateway.store.changes import CHANNEL

ACCOUNTS = """
    SELECT a.id, NULL::uuid AS about, a.version, NULL AS state
      FROM accounts a
     WHERE NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = a.id)
"""

ENDING_API_KEYS = """
    SELECT k.id, k.user_id AS about, NULL::bigint AS version, NULL AS state
      FROM api_keys k
     WHERE k.revoked_at IS NULL
       AND k.expires_at BETWEEN now() AND now() + interval '14 days'
"""

SCIM_TOKENS = """
    SELECT id, organization_id AS about, NULL::bigint AS version, NULL AS state
      FROM scim_tokens
     WHERE revoked_at IS NULL
"""

# Of an organization that does not exist.
REVOKE_SCIM_TOKEN = f"""
    WITH revoked AS (
        UPDATE scim_tokens
           SET revoked_at = now()
         WHERE id = $1
           AND revoked_at IS NULL
        RETURNING organization_id
    )
    SELECT pg_notify('{CHANNEL}', organization_id::text) FROM revoked
"""  # noqa: S608 - a constant of ours
