"""Texts of the OpenAPI documents: how to begin, and what all operations have in common.

Markdown, of which the reference page shows headings, lists, blocks of code and `code`.
"""

from documents import error_codes
from linktime_common.http.described_errors import ERRORS

_BEGIN = """\
## Getting started

1. `make run` starts LinkTime on one machine and prints its address, a demo host and the host's \
API key. On another installation, make a key in the settings (Pro or Business), or with \
`linktime api-key create`.
2. Put both into the environment of a terminal:

```shell
export LINKTIME_URL=http://127.0.0.1:8080
export LINKTIME_API_KEY=lt_live_…
```

3. List the host's event types. Each has a `slug`:

```shell
curl "$LINKTIME_URL/api/v1/event-types" -H "Authorization: Bearer $LINKTIME_API_KEY"
```

4. List the free slots of one of them with `GET /api/v1/availability/{slug}`, and book the \
`startTime` of a slot with `POST /api/v1/bookings`.

Every operation has samples for curl, Python and JavaScript, which read these two variables. The \
reference page `/docs` shows them, and sends requests with your key. Clients can be generated from \
`/openapi.json`; operations have names such as `listBookings`.

Everything is JSON, named in camelCase. Instants are ISO 8601 in UTC with milliseconds and `Z`; \
any offset is read, an instant without one is refused. Optional values are null, never missing. \
Ids are opaque: malformed, unknown and other users' ids are not found. Unknown body fields are \
refused, but read-only fields of the same resource are ignored, as are unknown query parameters, \
which the response header `LinkTime-Ignored-Parameters` names."""

_AUTHENTICATION = """\
## Authentication

`/api/v1` and `/api/ingest` take an API key of the host: `Authorization: Bearer lt_live_…`. A key \
that is unknown, expired or revoked is 401. `/api/public` and `POST /api/bookings` take no key: \
they are for booking pages and invitees, and pages of any site can call them.

The dashboard's operations use a session; they are described in `/openapi-dashboard.json`. SCIM \
uses tokens of an organization and describes itself at `/api/scim/v2`."""

_ERRORS_HEAD = """\
## Errors

An error is `{"error": "Booking not found", "code": "booking_not_found"}`: a sentence for people, \
and a code for programs. A wrong body or query has `details`, a sentence for each field; nested \
fields are dotted. Every answer has an `X-Request-Id`, which the installation's log has, too.

Writes take an `Idempotency-Key`, kept for 24 hours: the same key with the same body returns the \
first response, with another body 422. After a 503, or without an answer, repeat the write with \
its key.

"""

_CODES = "The codes, with their statuses; later versions may add codes:"

_LIMITS = """\
## Limits

By default an API key has 60 requests a minute. A client address has 10 requests a minute to the \
public booking endpoint, 120 to the public reads, and 5 failed key checks. SCIM tokens have 6000. \
Answers have `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` in seconds; more \
requests are 429 with `Retry-After` in seconds. A body has at most 1 MiB."""

_PAGINATION = """\
## Pagination

Lists are pages: `page` counts from 1, `limit` is 20 unless given, and at most 100 (50 for \
conversations and calls). `pagination` has `page`, `limit`, `total` and `totalPages`; a page after \
the last is empty. Lists of bookings and contacts also have `nextCursor`, null on the last page. \
Sent as `cursor` instead of `page`, with the same filters and order, it continues after the last \
entry, also while others are added or removed."""

DASHBOARD = """\
The operations of the dashboard's pages. Programs use the API with a key instead, described in \
`/openapi.json`, whose rules for bodies, lists, errors and repeated writes apply here, too.

Signing in sets a cookie and returns a `csrfToken`, which every change sends in `X-CSRF-Token`. \
By default a session has 300 requests a minute."""

# In the order of the documents; tags that are not listed come last, in the order of their paths.
_TAGS = {
    "Bookings": "Meetings that are booked: list, book, move and cancel them.",
    "Event types": "What can be booked, with its rules.",
    "Availability": "Free slots, working hours and time off.",
    "Contacts": "People who booked, or were added.",
    "Conversations and calls": "Text messages and voice calls with contacts.",
    "Profile": "The host whose key it is.",
    "Public": "For booking pages and invitees, without a key.",
    "Ingestion": "Records messages and calls of other systems.",
    "Webhook events": "What LinkTime sends to the URLs of webhooks.",
}


def api() -> str:
    """Return the text of the API's document."""
    statuses = "\n".join(f"- `{status}` {error.when}" for status, error in ERRORS.items())
    codes = "\n".join(
        f"- `{code}` {status}: {meaning}" for code, status, meaning in error_codes.described()
    )
    errors = f"{_ERRORS_HEAD}{statuses}\n\n{_CODES}\n\n{codes}"
    return "\n\n".join((_BEGIN, _AUTHENTICATION, errors, _LIMITS, _PAGINATION))


def position(tag: str) -> int:
    """Return the position of a tag's operations among those of the same kind of path."""
    return list(_TAGS).index(tag) if tag in _TAGS else len(_TAGS)


def tag(name: str) -> dict[str, str]:
    """Return the tag with its description."""
    return {"name": name} | ({"description": _TAGS[name]} if name in _TAGS else {})
