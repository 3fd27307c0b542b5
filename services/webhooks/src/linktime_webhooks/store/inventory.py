"""Rows that the operator compares with scim."""

OWNERS = """
    SELECT DISTINCT e.owner_id AS id, NULL::uuid AS about, NULL::bigint AS version, NULL AS state
      FROM endpoints e
     WHERE e.deleted_at IS NULL
       AND NOT EXISTS (SELECT FROM user_deletions d WHERE d.user_id = e.owner_id)
"""
