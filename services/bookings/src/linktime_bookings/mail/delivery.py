"""Sends due mails; any number of processes share them through leases.

A mail is marked SENDING before it is offered and settled after the answer. If the process is killed
in between, the mail is sent again when its lease ends, with the same Message-ID. A process leases
no mails while an answer waits to be stored.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import TypeVar
from uuid import UUID

from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Status
from linktime_bookings.domain.mail_retry import (
    OWN_ERROR,
    MailAnswer,
    MailAttempt,
    MailOutcome,
    Settlement,
    settled,
)
from linktime_bookings.mail import metrics
from linktime_bookings.mail.connections import MOST_CONNECTIONS, SmtpConnections
from linktime_bookings.mail.preparing import Hosts, NotWanted, Preparer
from linktime_bookings.mail.rendering import UnusableAddress
from linktime_bookings.mail.settling import give_back, settle
from linktime_bookings.mail.smtp import SEND_SECONDS, Envelope
from linktime_bookings.store import email_figures, emails, known_times, outdated_emails
from linktime_bookings.store.emails import LeasedEmail, PreparedEmail
from linktime_common import tracing
from linktime_common.errors import Unavailable
from linktime_common.faults import reach
from linktime_common.logs import logger
from linktime_common.tracing import SpanKind, TraceStep

AT_ONCE = 20
MAILS_OF_A_CONNECTION = 5
"""Few mails are sent one after the other."""
LEASE_SECONDS = 300.0
SETTLE_SECONDS = 60.0
"""In which most answers are stored; it is tried for as long as the process runs."""
LAST_START_SECONDS = LEASE_SECONDS - SEND_SECONDS - SETTLE_SECONDS
"""A mail that is started later could still be on its way when its lease ends."""
CHECKED_SECONDS = 3.0
"""A mail that is started later is checked again: a change may have replaced it meanwhile."""
DRAIN_SECONDS = 8.0
LONGEST_PAUSE_SECONDS = 30.0
LOG_EVERY_SECONDS = 60.0

NO_SERVER = "no mail server is configured"
NOT_PREPARED = MailOutcome(answer=MailAnswer.NOT_PREPARED, reason="the mail could not be prepared")
FAULT = MailOutcome(answer=MailAnswer.FAULT, reason=OWN_ERROR)
NO_ADDRESS = MailOutcome(answer=MailAnswer.REFUSED, reason="the address cannot receive mail")

Result = TypeVar("Result")
Ready = tuple[LeasedEmail, Envelope]
Unsent = dict[UUID, LeasedEmail]


class MailDelivery:
    """One per process; `client` is None without a mail server, and every mail is suppressed."""

    def __init__(self, deps: Deps, preparer: Preparer, client: SmtpConnections | None) -> None:
        self._deps = deps
        self._preparer = preparer
        self._client = client
        self._failures = 0  # of the server, in a row
        self._paused_until = 0.0
        self._logged_at = -LOG_EVERY_SECONDS
        self._problem: str | None = None
        self._with_fault = 0  # mails that wait, when they were last counted
        self._has_added = False  # a mail about one that was refused, in this round

    async def problem(self) -> str | None:
        """Return why mails wait, as a sentence without a full stop."""
        if self._problem is None and self._with_fault:
            return f"mail waits ({self._with_fault}): {OWN_ERROR}"
        return f"mail waits: {self._problem}" if self._problem else None

    async def send_due(self) -> None:
        """Send until no mail is due, or the server accepts none."""
        if _now() < self._paused_until:
            return
        while await self._send_some():
            pass
        if self._client is not None:
            await self._client.close_idle()

    async def show_figures(self) -> None:
        """Set the gauges of mails that wait, and count those that wait because of an error."""
        async with self._deps.database.connection() as connection:
            figures = await email_figures.read(connection)
        self._with_fault = figures.with_fault
        if not any(figures.waiting.values()):  # another process may have sent the last ones
            self._problem = None
        metrics.show(figures)

    async def _send_some(self) -> bool:
        """Send leased mails; return whether to look for more at once."""
        began_at = _now()
        async with self._deps.database.connection() as connection:
            leased = await emails.lease(
                connection,
                limit=1 if self._failures else AT_ONCE,
                seconds=LEASE_SECONDS,
                limits=self._deps.email_limits,
            )
        reach("mail.leased")
        unsent = {email.id: email for email in leased.emails}
        self._has_added = False
        try:
            ready = await self._prepare_all(leased.emails, unsent)
            await self._send_all(ready, unsent, began_at)
        finally:
            if unsent:
                await give_back(self._deps.database, list(unsent.values()))
        has_more = leased.has_more or bool(unsent) or self._has_added
        return has_more and _now() >= self._paused_until

    async def _send_all(self, ready: list[Ready], unsent: Unsent, began_at: float) -> None:
        """Send over a few connections; mails that are not started stay in `unsent`."""
        mails = iter(ready)
        senders = min(-(-len(ready) // MAILS_OF_A_CONNECTION), MOST_CONNECTIONS)
        ends = await asyncio.gather(
            *(self._send_in_turn(mails, unsent, began_at) for _ in range(senders)),
            return_exceptions=True,  # the others are waited for: what they send is not unsent
        )
        for end in ends:
            if end is not None:
                raise end

    async def _send_in_turn(self, mails: Iterator[Ready], unsent: Unsent, began_at: float) -> None:
        for email, envelope in mails:
            reason = await self._outdated_since(began_at, email)
            if _now() > began_at + LAST_START_SECONDS or _now() < self._paused_until:
                return
            del unsent[email.id]
            if reason is None:
                await _to_its_end(self._deliver(email, envelope))
            else:
                await self._settle(email, _suppressed(reason))

    async def _prepare_all(self, leased: list[LeasedEmail], unsent: Unsent) -> list[Ready]:
        """Return the mails that can be sent, marked; the others are settled, and not `unsent`."""
        if not leased:
            return []
        outdated = await self._outdated(leased)
        leased = await self._with_known_times(leased)
        hosts = self._preparer.hosts_of(email for email in leased if email.id not in outdated)
        # Together, so that a gateway that does not answer delays the mails once.
        prepared = await asyncio.gather(
            *(self._prepare(email, hosts, outdated.get(email.id)) for email in leased)
        )
        ready: list[Ready] = []
        for email, found in zip(leased, prepared, strict=True):
            if isinstance(found, Settlement):
                del unsent[email.id]
                await self._settle(email, found)
            else:
                ready.append((email, found))
        held = await self._mark(ready)
        reach("mail.sending")
        return [(email, envelope) for email, envelope in ready if email.id in held]

    async def _mark(self, ready: list[Ready]) -> set[UUID]:
        """Return the ids of the mails that may be sent: their leases have not ended meanwhile."""
        # The link of an account is a secret, so its message is not stored.
        messages = [
            PreparedEmail(email, None, None)
            if email.kind.is_of_account
            else PreparedEmail(email, envelope.content, envelope.recipient)
            for email, envelope in ready
        ]
        async with self._deps.database.connection() as connection:
            held = await emails.mark_sending(connection, messages)
        for email, _envelope in ready:
            if email.id not in held:
                logger().warning("a mail is not sent: its lease has ended", email_id=email.id)
        return held

    async def _outdated(self, leased: list[LeasedEmail]) -> dict[UUID, str]:
        async with self._deps.database.connection() as connection:
            return await outdated_emails.find_outdated(connection, [email.id for email in leased])

    async def _with_known_times(self, leased: list[LeasedEmail]) -> list[LeasedEmail]:
        async with self._deps.database.connection() as connection:
            return await known_times.with_known_times(connection, leased)

    async def _outdated_since(self, began_at: float, email: LeasedEmail) -> str | None:
        """Return why a mail is not sent that a change has replaced since its round began."""
        if _now() - began_at <= CHECKED_SECONDS:
            return None
        return (await self._outdated([email])).get(email.id)

    async def _prepare(
        self, email: LeasedEmail, hosts: Hosts, outdated: str | None
    ) -> Envelope | Settlement:
        try:
            if outdated is None and self._client is not None:
                return await self._preparer.prepare(email, hosts)
            return _suppressed(outdated or NO_SERVER)
        except NotWanted as reason:
            return _suppressed(str(reason))
        except UnusableAddress:
            outcome = NO_ADDRESS
        except Unavailable as error:
            logger().warning("a mail is prepared later", email_id=email.id, reason=error)
            outcome = NOT_PREPARED
        except Exception as error:  # this mail must not stop the others
            logger().error("a mail was not prepared", email_id=email.id, exc_info=error)
            outcome = FAULT
        return self._settlement(email, outcome)

    async def _deliver(self, email: LeasedEmail, envelope: Envelope) -> None:
        if self._client is None:
            return
        with _step(email) as step:
            try:
                outcome = await self._client.send(envelope)
            except Exception as error:  # this mail must not stop the others
                logger().error("a mail was not sent", email_id=email.id, exc_info=error)
                outcome = FAULT
            else:
                if outcome.answer is MailAnswer.ACCEPTED:
                    reach("mail.sent")
                self._note(outcome)
            if outcome.answer is not MailAnswer.ACCEPTED:
                step.fail(outcome.answer)
            await self._settle(email, self._settlement(email, outcome))

    def _settlement(self, email: LeasedEmail, outcome: MailOutcome) -> Settlement:
        attempt = MailAttempt(
            email_id=email.id,
            number=email.attempts,
            created_at=email.created_at,
            expires_at=email.expires_at,
        )
        return settled(outcome, attempt, now=self._deps.clock.now())

    def _note(self, outcome: MailOutcome) -> None:
        """Pause when the server accepts no mail, longer each time."""
        self._problem = outcome.reason if outcome.is_of_server else None
        if not outcome.ends_round:
            self._failures = 0
            return
        if _now() < self._paused_until:  # another mail had the same answer at the same time
            return
        self._failures += 1
        pause = min(2.0 ** min(self._failures - 1, 10), LONGEST_PAUSE_SECONDS)
        self._paused_until = _now() + pause
        if _now() - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = _now()
            logger().warning("the mail server accepts no mail", reason=outcome.reason)

    async def _settle(self, email: LeasedEmail, settlement: Settlement) -> None:
        if await settle(self._deps.database, email, settlement):
            self._has_added = True


def _step(email: LeasedEmail) -> TraceStep:
    """Return the sending as a step of the trace of what caused the mail."""
    return tracing.continuing(
        email.traceparent,
        "send mail",
        SpanKind.CLIENT,
        {
            "linktime.email_id": str(email.id),
            "linktime.email_kind": email.kind,
            "linktime.attempt": email.attempts,
        },
    )


def _suppressed(reason: str) -> Settlement:
    return Settlement(status=Status.SUPPRESSED, error=reason)


async def _to_its_end(work: Coroutine[None, None, Result]) -> Result:
    """Await `work`; a process that is stopped finishes the mail that is on its way."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.shield(task)
        task.cancel()
        raise


def _now() -> float:
    return asyncio.get_running_loop().time()
