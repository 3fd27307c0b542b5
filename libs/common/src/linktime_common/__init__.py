"""What LinkTime's services share: contracts, HTTP, PostgreSQL, messaging, logs."""
