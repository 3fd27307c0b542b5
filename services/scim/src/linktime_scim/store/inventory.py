"""Rows that the operator compares with those of other services."""

USERS = """
    SELECT id, NULL::uuid AS about, version, NULL AS state
      FROM users
"""
