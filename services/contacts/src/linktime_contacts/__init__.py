"""LinkTime's contacts, with their meetings, conversations and calls."""
