"""Texts of the OpenAPI documents: how to begin, and what all operations have in common."""

API = """\
Everything is JSON, named in camelCase. Instants are ISO 8601 in UTC with milliseconds and `Z`; \
any offset is read, an instant without one is refused. Optional values are null, never missing. \
Ids are opaque: malformed, unknown and other users' ids are not found.

Lists are pages: `page` counts from 1, `limit` is 20 unless given. Unknown body fields are \
refused, but read-only fields of the same resource are ignored, as are unknown query parameters.

Writes take an `Idempotency-Key`, kept for 24 hours: the same key with the same body returns the \
first response, with another body 422.

By default an API key has 60 requests a minute. A client address has 10 requests a minute to the \
public booking endpoint, 120 to the public reads, and 5 failed key checks. SCIM tokens have 6000."""

DASHBOARD = """\
The operations of the dashboard's pages. Programs use the API with a key instead, described in \
`/openapi.json`, whose rules for bodies, lists, errors and repeated writes apply here, too.

Signing in sets a cookie and returns a `csrfToken`, which every change sends in `X-CSRF-Token`. \
By default a session has 300 requests a minute."""

# In the order of the documents; tags that are not listed come last, in the order of their paths.
_TAGS = {
    "Bookings": "",
    "Event types": "",
    "Availability": "",
    "Contacts": "",
    "Conversations and calls": "",
}


def position(tag: str) -> int:
    """Return the position of a tag's operations among those of the same kind of path."""
    return list(_TAGS).index(tag) if tag in _TAGS else len(_TAGS)


def tag(name: str) -> dict[str, str]:
    """Return the tag with its description."""
    return {"name": name}
