"""The table of error codes in docs/api.md."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from manifests.parts import with_part

from documents.described import SERVICES
from linktime_availability.domain import errors as availability
from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.errors import Refusal
from linktime_common.http.errors import CODES, SENTENCES
from linktime_gateway.domain import errors as gateway
from linktime_scim.domain import errors as scim

BEGIN, END = "<!-- Codes made by `make openapi` -->", "<!-- To here -->"
HEAD = "| code | status | meaning |\n|---|---|---|\n"

NOT_LISTED: frozenset[type[Refusal]] = frozenset(
    {
        availability.CalendarBusy,
        availability.CalendarUnknown,
        availability.ReservationFreed,
        availability.ReservationIdTaken,
        availability.ReservationNotFound,
        availability.TimeTaken,
        gateway.AddressUnknown,
        gateway.CredentialRefused,
        gateway.InvalidScimToken,
        gateway.MailNotWanted,
        gateway.ScimTokenRevoked,
        gateway.SignUpOvertaken,
        scim.AlreadyProvisioned,
        scim.DomainTaken,
        scim.EmailTaken,
        scim.InactiveOwner,
        scim.ManagedMember,
        scim.NeedsBusiness,
        scim.OrganizationHasMembers,
        scim.UserIdTaken,
        scim.UserNameTaken,
    }
)
"""Refusals of internal routes and of SCIM, bases of others, and those that bookings answers."""

MORE: Mapping[ErrorCode, tuple[int, str]] = {
    ErrorCode.HEADERS_TOO_LARGE: (431, "A header is too long, or there are too many"),
    ErrorCode.INVALID_REQUEST: (400, "A parameter or a field is wrong; see `details`"),
    ErrorCode.MALFORMED_BODY: (400, "The body is not valid JSON, or nested too deeply"),
    ErrorCode.MALFORMED_REQUEST: (400, "The request is not valid HTTP"),
    ErrorCode.REQUEST_REFUSED: (400, "The request was refused; the status says more"),
    ErrorCode.TRANSFER_ENCODING_UNSUPPORTED: (501, "The `Transfer-Encoding` is not `chunked`"),
    ErrorCode.URL_TOO_LONG: (414, "The URL is too long"),
    ErrorCode.VERSION_UNSUPPORTED: (505, "The request is not HTTP/1.1 or HTTP/1.0"),
}
"""Codes without a refusal that have no sentence of their own, or several."""


def build(page: str) -> str:
    """Return the page with the table of all codes."""
    rows = "".join(
        f"| `{code}` | {status} | {meaning} |\n" for code, status, meaning in described()
    )
    return with_part(page, f"\n{HEAD}{rows}\n", begin=BEGIN, end=END)


def described() -> list[tuple[str, str, str]]:
    """Return each code with its statuses and its meanings, in the order of the codes."""
    meanings: defaultdict[str, dict[str, None]] = defaultdict(dict)
    statuses: defaultdict[str, set[int]] = defaultdict(set)
    for code, status, sentence in occurrences():
        meanings[code][sentence] = None
        statuses[code].add(status)
    return [(code, _joined(statuses[code]), "; ".join(meanings[code])) for code in sorted(meanings)]


def _joined(statuses: set[int]) -> str:
    return ", ".join(map(str, sorted(statuses)))


def occurrences() -> Iterator[tuple[str, int, str]]:
    """Return code, status and meaning of every error of the public API."""
    for code, (status, meaning) in MORE.items():
        yield code, status, meaning
    for status, code in CODES.items():
        if code not in MORE:
            yield code, status, SENTENCES[status]
    for refusal, status in refusals().items():
        yield refusal.code, status, refusal.sentence


def refusals() -> dict[type[Refusal], int]:
    """Return the refusals of the public API with their statuses."""
    return {
        refusal: status
        for service in SERVICES.values()
        for refusal, status in service.statuses.items()
        if refusal not in NOT_LISTED
    }
