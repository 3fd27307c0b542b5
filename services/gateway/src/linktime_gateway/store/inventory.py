"""Rows that the operator compares with scim, of all users."""

ACCOUNTS = """
    SELECT a.id, NULL::uuid AS about, a.version, NULL AS state
      FROM accounts a
     WHERE NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = a.id)
"""
