"""The services that bookings asks."""
