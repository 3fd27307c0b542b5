"""What runs on a development machine only: private servers, and fixtures for tests."""
