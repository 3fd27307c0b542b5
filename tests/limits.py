"""Limits that no test meets by accident."""

# The limits themselves are tested on gateways of their own.
RAISED_LIMITS = {
    f"GATEWAY_LIMIT_{name}": "100000/minute"
    for name in ("API_KEY", "FAILED_CHECKS", "PUBLIC_BOOKINGS", "PUBLIC_READS", "SCIM", "SESSION")
}
