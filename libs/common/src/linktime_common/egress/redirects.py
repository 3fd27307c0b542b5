"""Which request follows a redirect, and what of the first one it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urldefrag, urljoin

from yarl import URL

from linktime_common.egress.urls import UrlRefused, canonical_url

MOST_REDIRECTS = 5
READING = frozenset({"GET", "OPTIONS", "PROPFIND", "REPORT"})
WRITING = frozenset({"PUT", "DELETE", "MKCALENDAR"})
SEE_OTHER = 303
# RFC 9110 lets clients change the method after the first two; CalDAV clients keep it.
FOLLOWED = {
    **dict.fromkeys(READING, frozenset({301, 302, 303, 307, 308})),
    # A repeated write must be what the server asked for: only these two say so.
    **dict.fromkeys(WRITING, frozenset({307, 308})),
}
# Authenticates the caller to the first server.
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True)
class OutgoingRequest:
    """One request of a chain; `authorization` belongs to the origin of the first."""

    method: str
    url: URL = field(repr=False)  # its query may be a secret
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    authorization: str | None = field(default=None, repr=False)

    def redirected(
        self, status: int, location: str | None, *, allow_http: bool
    ) -> "OutgoingRequest | None":
        """Return the request that follows this answer, or None if the answer is final.

        Raises UrlRefused for an address that breaks the rules of URLs.
        """
        if location is None or status not in FOLLOWED[self.method]:
            return None
        following = replace(self, url=_joined(self.url, location, allow_http=allow_http))
        if following.url.origin() != self.url.origin():
            # Not even after a redirect back: the other server has chosen that address.
            following = replace(
                following, authorization=None, headers=_without(self.headers, SECRET_HEADERS)
            )
        if status == SEE_OTHER:
            kept = {
                name: value
                for name, value in following.headers.items()
                if not name.lower().startswith("content-")
            }
            following = replace(following, method="GET", body=b"", headers=kept)
        return following


def _joined(base: URL, location: str, *, allow_http: bool) -> URL:
    try:
        text = urldefrag(urljoin(str(base), location)).url
    except ValueError:
        raise UrlRefused("Not a valid URL") from None
    return canonical_url(text, allow_http=allow_http)


def _without(headers: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}
