"""The key with which tests seal passwords of calendars."""

from base64 import urlsafe_b64encode

SEALING_KEY = f"test:{urlsafe_b64encode(bytes(32)).decode()}"
