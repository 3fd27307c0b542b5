"""Periodic jobs; any number of processes may run them."""

import asyncio
from functools import partial

from linktime_bookings.deps import Deps
from linktime_bookings.mail.delivery import MailDelivery
from linktime_bookings.store import erasure
from linktime_bookings.use_cases.cancel_upcoming_bookings import cancel_upcoming_bookings
from linktime_bookings.use_cases.empty_old_bookings import empty_old_bookings
from linktime_bookings.use_cases.empty_old_emails import empty_old_emails
from linktime_bookings.use_cases.queue_notices import queue_notices
from linktime_bookings.use_cases.queue_reminders import queue_reminders
from linktime_bookings.use_cases.sweep_holds import sweep_holds
from linktime_common.contracts.events.bookings import InviteeErased
from linktime_common.endless import periodic
from linktime_common.erasure import ERASURE_SECONDS, do_rounds, publish
from linktime_common.supervision import SupervisedTask

RARELY_SECONDS = 600.0
MAIL_SECONDS = 1.0
MAIL_GATHER_SECONDS = 0.25
"""From a commit to the sending of its mails: by then its request is answered, and mails of other
commits are leased, marked and looked up with them."""
MAIL_FIGURES_SECONDS = 15.0


def workers(deps: Deps, host_left: asyncio.Event, *, every_seconds: float) -> list[SupervisedTask]:
    """Return the jobs, which run every few seconds; `host_left` wakes the cancelling one."""
    settle, cancel = partial(sweep_holds, deps), partial(cancel_upcoming_bookings, deps)
    erase = partial(do_rounds, deps.database, erasure.erase, publish(InviteeErased))
    return [
        periodic("hold sweeper", settle, every_seconds=every_seconds),
        periodic("deprovisioning worker", cancel, every_seconds=every_seconds, wake=host_left),
        periodic("reminder worker", partial(queue_reminders, deps), every_seconds=every_seconds),
        periodic("erasure worker", erase, every_seconds=ERASURE_SECONDS),
        periodic(
            "stored notice worker", partial(queue_notices, deps), every_seconds=RARELY_SECONDS
        ),
        periodic(
            "mail retention worker", partial(empty_old_emails, deps), every_seconds=RARELY_SECONDS
        ),
        periodic(
            "invitee retention worker",
            partial(empty_old_bookings, deps),
            every_seconds=RARELY_SECONDS,
        ),
    ]


def mail_jobs(delivery: MailDelivery, mail_is_due: asyncio.Event) -> list[SupervisedTask]:
    """Return the jobs that send mail; `mail_is_due` wakes the one that sends."""
    return [
        periodic(
            "mail sender",
            delivery.send_due,
            every_seconds=MAIL_SECONDS,
            wake=mail_is_due,
            gather_seconds=MAIL_GATHER_SECONDS,
        ),
        periodic("mail figures", delivery.show_figures, every_seconds=MAIL_FIGURES_SECONDS),
    ]
