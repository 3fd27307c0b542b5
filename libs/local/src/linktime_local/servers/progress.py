"""The default of `progress`."""


def silent(_line: str) -> None:
    """A progress callback that shows nothing."""
