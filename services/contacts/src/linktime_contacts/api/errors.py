"""The HTTP status of each refusal."""

from linktime_common.http.errors import StatusTable
from linktime_contacts.domain.errors import (
    ContactEmailTaken,
    ContactNotFound,
    ErasureNotFound,
    MergeTooLarge,
)

STATUSES: StatusTable = {
    ContactNotFound: 404,
    ErasureNotFound: 404,
    ContactEmailTaken: 409,
    MergeTooLarge: 409,
}
