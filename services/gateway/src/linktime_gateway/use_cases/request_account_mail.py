"""Request mails about accounts. A job decides whether a request becomes a mail."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_gateway.deps import Deps
from linktime_gateway.domain.account_mails import MailReason
from linktime_gateway.domain.errors import TooManyResets
from linktime_gateway.store import account_mail_requests
from linktime_gateway.use_cases.count_attempt import count, subjects_of


@dataclass(frozen=True)
class RequestReset:
    """`address` is the client's."""

    email: str
    address: str


async def request_reset(command: RequestReset, deps: Deps) -> None:
    """Request a mail with a link to a new password; raises TooManyResets.

    The account is not looked up here, so that status and time of the response are the same whether
    or not it exists.
    """
    by = subjects_of(command.email, command.address, purpose="reset ")
    # Not by account: nothing waits for that count, and all clients would wait for its lock.
    subjects = [by.address, by.both]
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        await count(connection, subjects, by, now, refusal=TooManyResets)
        await account_mail_requests.add(
            connection, MailReason.RESET, email_key=lowercase_key(command.email)
        )


async def request_verification(user_id: UUID, deps: Deps) -> None:
    """Request another mail to verify the user's address."""
    async with deps.database.connection() as connection:
        await account_mail_requests.add(connection, MailReason.VERIFICATION, user_id=user_id)
