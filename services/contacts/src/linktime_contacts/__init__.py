"""LinkTime's contacts and their meetings."""
