"""The bookings service's tables."""
