"""Lists of version 1."""

WITH_CURSOR = frozenset({"/api/v1/bookings", "/api/v1/contacts"})
"""Those that can be continued with `cursor`."""
