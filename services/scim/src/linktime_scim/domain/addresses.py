"""E-mail addresses."""


def domain_of(email: str) -> str:
    """The domain as verified ones are kept; the address is one that was checked."""
    return email.rpartition("@")[2]
