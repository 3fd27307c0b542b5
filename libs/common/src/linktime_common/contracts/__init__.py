"""What services promise one another: events and internal API bodies, each declared once."""
