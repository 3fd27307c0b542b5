"""Limits on mails, so that a public form cannot be used to flood an address.

The key of a count names who is protected: an address that strangers can type in, or the owner.
Of an address it has a hash, so that a limit outlives the erasure of a person.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linktime_bookings.domain.emails import Email
from linktime_common.caseless import lowercase_key

ADDRESS_LIMIT = "too many mails to this address"
OWNER_LIMIT = "too many mails of this host"


@dataclass(frozen=True)
class EmailLimits:
    """The most mails on one UTC day."""

    to_invitee: int
    """Mails about bookings to one address."""
    of_host: int
    """Mails about the bookings of one host."""
    to_user: int
    """Mails to one user about the account; notices to one host."""


@dataclass(frozen=True)
class _Rule:
    key: str
    most: int
    problem: str


def keys_of(email: Email, limits: EmailLimits) -> list[str]:
    """Return the keys under which the mail is counted."""
    return [rule.key for rule in _rules(email, limits)]


def over_limit(
    emails: Sequence[Email], counted: Mapping[str, int], limits: EmailLimits
) -> dict[int, str]:
    """Return the positions of the mails that are over a limit, with the reason.

    `counted` has the count of each key after all of `emails` were added to it.
    """
    left = Counter(key for email in emails for key in keys_of(email, limits))
    refused: dict[int, str] = {}
    seen = {key: counted[key] - added for key, added in left.items()}
    for position, email in enumerate(emails):
        for rule in _rules(email, limits):
            seen[rule.key] += 1
            if seen[rule.key] > rule.most:
                refused.setdefault(position, rule.problem)
    return refused


def _rules(email: Email, limits: EmailLimits) -> list[_Rule]:
    if email.kind.is_of_account:
        return [_Rule(f"account {email.owner_id}", limits.to_user, ADDRESS_LIMIT)]
    if email.kind.is_notice:
        return [_Rule(f"notice {email.owner_id}", limits.to_user, ADDRESS_LIMIT)]
    rules = [_Rule(f"host {email.owner_id}", limits.of_host, OWNER_LIMIT)]
    if email.kind.for_invitee:
        address = lowercase_key(email.recipient or "")
        key = f"invitee {hashlib.sha256(address.encode()).hexdigest()}"
        rules.insert(0, _Rule(key, limits.to_invitee, ADDRESS_LIMIT))
    return rules
