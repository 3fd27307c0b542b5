"""Limits high enough for all tests."""

# The limits themselves are tested on separate gateways.
RAISED_LIMITS = {
    f"GATEWAY_LIMIT_{name}": "100000/minute"
    for name in ("API_KEY", "FAILED_CHECKS", "PUBLIC_BOOKINGS", "PUBLIC_READS", "SCIM", "SESSION")
}
