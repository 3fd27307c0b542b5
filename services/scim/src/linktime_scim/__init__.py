"""LinkTime's directory of users and organizations."""
