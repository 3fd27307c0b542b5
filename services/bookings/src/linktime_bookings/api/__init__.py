"""What the bookings service answers."""
