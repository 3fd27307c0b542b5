"""Checks of migrations: `make migrations` and `make verify-schema`."""
