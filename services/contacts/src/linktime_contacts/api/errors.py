"""Refusal → status."""

from linktime_common.http.errors import StatusTable
from linktime_contacts.domain.errors import ContactEmailTaken, ContactNotFound

STATUSES: StatusTable = {ContactNotFound: 404, ContactEmailTaken: 409}
