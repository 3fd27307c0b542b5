"""A mail server that delivers nothing: it keeps each message and shows it on a local page."""
