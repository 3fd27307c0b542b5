"""LinkTime's signed webhook deliveries."""
