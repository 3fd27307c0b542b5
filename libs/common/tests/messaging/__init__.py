"""Messaging against real servers."""
