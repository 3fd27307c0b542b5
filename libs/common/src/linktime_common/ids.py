"""Identifiers, made in Python so that the same SQL runs on every PostgreSQL."""

import random
import sys
from uuid import UUID

if sys.version_info >= (3, 14):
    from uuid import uuid7 as new_id
else:
    from uuid_utils.compat import uuid7 as new_id

__all__ = ["new_id", "parse_id", "random_hex"]


def random_hex(bits: int) -> str:
    """Return hexadecimal digits for request ids, of a multiple of 8 bits; not for secrets.

    Not from the operating system's generator, which costs more than the rest of an id. Bytes are
    written in a third of the time of a number.
    """
    return random.getrandbits(bits).to_bytes(bits // 8, "big").hex()


def parse_id(text: str) -> UUID | None:
    """Parse an id in its canonical spelling; None when malformed."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text.lower() else None
