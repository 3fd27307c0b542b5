"""Requests to addresses that users give: which may be reached, and how they are sent."""
