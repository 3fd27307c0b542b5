"""E-mail addresses."""


def domain_of(email: str) -> str:
    """Return the domain of a valid address, in the spelling of verified domains."""
    return email.rpartition("@")[2]
