"""Rows that the operator compares with those of other services."""

USERS = """
    SELECT id, NULL::uuid AS about, version, NULL AS state
      FROM users
"""

ORGANIZATIONS = """
    SELECT id, owner_id AS about, NULL::bigint AS version, NULL AS state
      FROM organizations
"""
