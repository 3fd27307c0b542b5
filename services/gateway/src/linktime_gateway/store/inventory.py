"""Rows that the operator compares with scim, of all users."""

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
