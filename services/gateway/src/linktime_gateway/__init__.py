"""LinkTime's public door: credentials, limits and routing."""
