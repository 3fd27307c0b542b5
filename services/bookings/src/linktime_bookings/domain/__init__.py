"""The rules of bookings, without I/O."""
