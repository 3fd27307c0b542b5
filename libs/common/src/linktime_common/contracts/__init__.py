"""Contracts between services: events and internal API bodies, each declared once."""
