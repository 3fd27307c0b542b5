"""The exception of this package."""


class ServerUnavailable(Exception):
    """A private server cannot be found or started; the message is shown to the user."""
