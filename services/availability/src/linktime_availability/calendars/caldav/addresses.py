"""Addresses that a CalDAV server gives: which may get the password, and which object they name."""

import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from yarl import URL

from linktime_availability.calendars.port import Gone, Invalid, OtherHost
from linktime_common.egress.urls import UrlRefused, canonical_url

# Servers send spaces and letters of any script as they are. A percent sign is not encoded again.
KEPT = "/?:@!$&'()*+,;=-._~%[]"
NEVER_IN_A_NAME = re.compile(rb"[\x00-\x1f\x7f/\\]")
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.~-]+")  # the same when encoded
MOST_NAME_BYTES = 1_000


class TrustedAddresses:
    """The origin that the host gave, and those hosts that its provider is known to use.

    `other_hosts` are patterns such as `*.icloud.com`, for https on the usual port only.
    """

    def __init__(self, given: str, other_hosts: Collection[str]) -> None:
        self.given = _canonical(given)
        self._other_hosts = other_hosts

    def check(self, address: str) -> str:
        """Return the address; raises OtherHost if it must not get the password."""
        url = _canonical(address)
        if url.origin() == self.given.origin():
            return str(url)
        host = url.raw_host or ""
        is_of_provider = any(fnmatchcase(host, pattern) for pattern in self._other_hosts)
        if is_of_provider and url.scheme == "https" and url.is_default_port():
            return str(url)
        raise OtherHost(str(url.origin()))

    def resolve(self, base: str, href: str) -> str:
        """Return the address that `href` means in an answer from `base`."""
        try:
            return self.check(urljoin(base, quote(href.strip(), safe=KEPT)))
        except ValueError:  # brackets that enclose no address
            raise Invalid("The server gave an address that is not valid") from None


def same_origin(one: str, other: str) -> bool:
    """Return whether both have the same scheme, host and port."""
    return URL(one, encoded=True).origin() == URL(other, encoded=True).origin()


def same_collection(one: str, other: str) -> bool:
    """Return whether both name one collection, however they are encoded."""
    return same_origin(one, other) and _segments(one) == _segments(other)


def collection_key(address: str) -> tuple[str, tuple[bytes, ...]]:
    """Return a key that two addresses have in common if they name the same collection."""
    return str(URL(address, encoded=True).origin()), tuple(_segments(address))


def as_collection(address: str) -> str:
    """Return the address with the final slash that some servers leave out."""
    return address if address.endswith("/") else f"{address}/"


class Members:
    """The names in one collection, as an answer from `base` gives them."""

    def __init__(self, trusted: TrustedAddresses, collection: str, base: str) -> None:
        """Raise Gone if the answer is that of another collection."""
        if not same_collection(base, collection):
            raise Gone("The calendar has moved to another address")
        self._trusted = trusted
        self._base = base
        self._folder = urlsplit(collection).path
        self._segments = _segments(collection)

    def name(self, href: str) -> str | None:
        """Return the name, encoded in one way; empty for the collection, None for no member.

        Every spelling of a name gives the same text, and none leads out of the collection. Raises
        OtherHost for an address of another host.
        """
        if href.startswith(self._folder):  # as nearly all do
            rest = href[len(self._folder) :]
            if PLAIN_NAME.fullmatch(rest) and is_usable(rest.encode()):
                return rest
        address = self._trusted.resolve(self._base, href)
        if not same_origin(self._base, address):
            return None
        segments = _segments(address)
        if segments == self._segments:
            return ""
        *folder, name = segments
        return quote(name, safe="") if folder == self._segments and is_usable(name) else None


def is_usable(name: bytes) -> bool:
    """Return whether the decoded name can only mean an object in its collection."""
    return (
        name not in (b"", b".", b"..")
        and len(name) <= MOST_NAME_BYTES
        and not NEVER_IN_A_NAME.search(name)
    )


def _segments(address: str) -> list[bytes]:
    return [unquote_to_bytes(one) for one in urlsplit(address).path.rstrip("/").split("/")]


def _canonical(address: str) -> URL:
    try:
        # Whether http is allowed at all is checked by the guarded client.
        return canonical_url(address, allow_http=True)
    except UrlRefused as error:
        raise Invalid(str(error)) from None
