"""The one refusal of this package."""


class ServerUnavailable(Exception):
    """A private server cannot be found or started; the text is a sentence for a person."""
