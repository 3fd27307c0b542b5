"""The one refusal of this package."""


class ServerUnavailable(Exception):  # noqa: N818 - named for what happened, as all our refusals are
    """A private server cannot be found or started; the text is a sentence for a person."""
