"""Test fixtures of all services: real servers, new databases, bounded waiting."""
