"""Code shared by LinkTime's services: contracts, HTTP, PostgreSQL, messaging, logs."""
