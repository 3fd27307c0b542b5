"""What the bookings service does, one file for each verb."""
