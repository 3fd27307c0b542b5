"""How header values are written as octets.

The standard library's folding loses blanks where two encoded words meet, since programs ignore
white space between encoded words. Here a value is written either without encoded words, or as
encoded words that contain all of it, its blanks too.

A message keeps values as they were given, and parses one only when it is read: parsing every
header when it is set takes the library more time than the rest of a mail.
"""

from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

LONGEST_LINE = 76
"""RFC 2047 for lines with encoded words, RFC 2045 for quoted-printable."""
LINE_END = "\r\n"
_REGISTRY = HeaderRegistry()


class HeaderPolicy(EmailPolicy):
    """Writes the subject and addresses itself, all others as the library does."""

    def header_max_count(self, name: str) -> int | None:
        """Return how often a message may have the header."""
        return _max_count(name)

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return what the message keeps: text of one line, or an Address."""
        if not isinstance(value, Address) and len(value.splitlines()) > 1:
            raise ValueError("The value of a header must be one line.")
        return name, value

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Return the header as the library parses it."""
        return _parsed(name, value) if isinstance(value, str) else _REGISTRY(name, value)

    def fold(self, name: str, value: Any) -> str:
        """Return the header with its line end."""
        if name == "Subject":
            return f"{name}: {_text(name, str(value))}{LINE_END}"
        if isinstance(value, Address):
            return f"{name}: {_address(name, value)}{LINE_END}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the octets of the header."""
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


@lru_cache(maxsize=64)
def _max_count(name: str) -> int | None:
    """Return the limit; the library makes a class each time to find it."""
    return _REGISTRY[name].max_count


@lru_cache(maxsize=256)
def _parsed(name: str, value: str) -> BaseHeader:
    """Return the parsed header; the library's generator asks six times for each content type."""
    return _REGISTRY(name, value)


def _text(name: str, text: str) -> str:
    """Return the folded text; plain if it is ASCII and has a blank for each fold."""
    if text.isascii():
        folded = _folded(name, text, "us-ascii")
        if all(len(line) <= LONGEST_LINE for line in f"{name}: {folded}".split(LINE_END)):
            return folded
    return _folded(name, text, "utf-8")


def _address(name: str, address: Address) -> str:
    """Return the address, on a line of its own if it does not fit after the display name."""
    whole = str(address)
    if not address.display_name:
        return whole
    if address.display_name.isascii() and len(f"{name}: {whole}") <= LONGEST_LINE:
        return whole
    shown = _folded(name, address.display_name, "utf-8")
    spec = f"<{address.addr_spec}>"
    last = f"{name}: {shown}".rpartition(LINE_END)[2]
    fits = len(last) + 1 + len(spec) <= LONGEST_LINE
    return f"{shown} {spec}" if fits else f"{shown}{LINE_END} {spec}"


@lru_cache(maxsize=256)
def _folded(name: str, text: str, charset: str) -> str:
    header = Header(text, charset, maxlinelen=LONGEST_LINE, header_name=name)
    return header.encode(linesep=LINE_END)
