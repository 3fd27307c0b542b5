"""LinkTime's public entry point: credentials, limits and routing."""
