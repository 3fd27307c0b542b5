"""Neither the sender's address nor an error of LinkTime with one mail stops the others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from services.bookings.tests.mail.queued import (
    HOST,
    SENDER,
    add,
    an_email,
    delivery_to,
    recipients_of,
    send_again,
    server_of,
    states,
)
from services.bookings.tests.rows import rows

from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Kind
from linktime_bookings.domain.mail_retry import OWN_ERROR
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import FaultyMailSink

LINES = "SELECT kind, status, error, leased_until FROM email_messages ORDER BY kind"
FAULT = (OWN_ERROR, None)


async def test_mail_that_cannot_be_rendered(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """It is tried again, logged once, and a problem of /readyz; the others are sent."""
    delivery = delivery_to(deps, server_of(mail_sink))
    await add(database, replace(an_email(Kind.REMINDER), kind=Kind.RESCHEDULED, facts={}))
    await add(database, an_email())
    with structlog.testing.capture_logs() as logs:
        await delivery.send_due()
    assert await rows(database, LINES) == [
        ("confirmation", "SENT", None, None),
        ("rescheduled", "DEFERRED", *FAULT),
    ]
    assert [log["event"] for log in logs if "exc_info" in log] == ["a mail was not prepared"]
    await delivery.show_figures()
    assert await delivery.problem() == f"mail waits (1): {OWN_ERROR}"


async def test_mail_that_cannot_be_sent(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Here because of the sender's address. No mail stays SENDING."""
    wrong = replace(deps, sender=replace(SENDER, address="no-reply@meet..example"))
    delivery = delivery_to(wrong, server_of(mail_sink))
    await add(database, an_email(), an_email(Kind.HOST_BOOKED))
    async with database.connection() as connection:
        # Messages that may have been accepted at the same address are not made again.
        await connection.execute(
            "UPDATE email_messages SET content = $1, recipient = coalesce(recipient, $2)",
            b"Subject: x\r\n\r\n",
            HOST,
        )
    with structlog.testing.capture_logs() as logs:
        await delivery.send_due()
    assert await rows(database, LINES) == [
        ("confirmation", "DEFERRED", *FAULT),
        ("host_booked", "DEFERRED", *FAULT),
    ]
    assert [log["event"] for log in logs if "exc_info" in log] == ["a mail was not sent"] * 2
    mended = delivery_to(deps, server_of(mail_sink))
    await send_again(database, mended)
    assert len(recipients_of(mail_sink)) == 2
    await mended.show_figures()
    assert await mended.problem() is None


async def test_the_last_attempt_fails(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Nobody is informed of a refusal: no server refused it."""
    soon = datetime.now(UTC) + timedelta(seconds=30)
    await add(database, replace(an_email(), facts={}, expires_at=soon))
    await delivery_to(deps, server_of(mail_sink)).send_due()
    assert await states(database) == {"confirmation": "FAILED"}


async def test_sender_with_an_international_domain(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """It is in ASCII in the envelope, the headers and the invitation."""
    idn = replace(deps, sender=replace(SENDER, address="no-reply@bücher.example"))
    await add(database, an_email())
    await delivery_to(idn, server_of(mail_sink)).send_due()
    (mail,) = mail_sink.mails
    assert mail.sender == "no-reply@xn--bcher-kva.example"
    assert mail.parsed["From"].addresses[0].addr_spec == mail.sender
    assert "bücher" not in mail.content.decode()
