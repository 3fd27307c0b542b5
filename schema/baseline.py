"""The migrations that are older than the rules: highest number and number of files of each source.

Nothing is added here: a new migration follows the rules, and a source without a row has none.
"""

BASELINE = {
    "linktime_availability/migrations": ("0015", 14),
    "linktime_bookings/migrations": ("0014", 12),
    "linktime_common/migrations/erasure": ("0001", 1),
    "linktime_common/migrations/idempotency": ("0001", 1),
    "linktime_common/migrations/letter_case": ("0001", 1),
    "linktime_common/migrations/messaging": ("0001", 1),
    "linktime_common/migrations/user_deletion": ("0001", 1),
    "linktime_contacts/migrations": ("0010", 10),
    "linktime_gateway/migrations": ("0008", 8),
    "linktime_scim/migrations": ("0011", 11),
    "linktime_webhooks/migrations": ("0010", 10),
}
