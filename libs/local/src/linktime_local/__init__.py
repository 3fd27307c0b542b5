"""Private servers and test fixtures for development machines."""
