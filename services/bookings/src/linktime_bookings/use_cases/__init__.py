"""The use cases of bookings, one file for each verb."""
