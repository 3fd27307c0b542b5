"""Operator functions, used by the commands and by the demo."""
