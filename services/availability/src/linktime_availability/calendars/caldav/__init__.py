"""CalDAV (RFC 4791, 6578, 6764) on the guarded client."""
