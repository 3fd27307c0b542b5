"""Sends messages to the operator's mail server, over one kept connection."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from functools import lru_cache

import aiosmtplib
import email_validator

from linktime_bookings.domain.mail_retry import CLOSING, MailAnswer, MailOutcome, SmtpStep, judged
from linktime_bookings.domain.mail_server import MailSecurity, MailServer

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 30.0
DATA_SECONDS = 60.0
SEND_SECONDS = 120.0
"""For everything that one mail needs."""
IDLE_SECONDS = 30.0
"""An unused connection is closed after this time."""
RESET_AFTER_SECONDS = 1.0
"""A connection unused for longer is tested before it is used."""

CHECK_SECONDS = 4.0
"""Less than what the operator's command waits."""

SILENT = "did not answer in time"
ENDED = "ended the connection or did not answer in time"
NO_SMTP = "the server does not answer as a mail server"
NO_UTF8 = "the mail server does not accept addresses with characters outside ASCII (SMTPUTF8)"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A message with the addresses of its envelope."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True)
class _CommandAddress:
    """An address as a command has it: the domain in ASCII."""

    text: str
    needs_utf8: bool


@dataclass(frozen=True)
class _Route:
    """The addresses of an envelope."""

    sender: _CommandAddress
    recipient: _CommandAddress
    needs_utf8: bool
    """Also if an address in a header is written in UTF-8."""


class _Failed(Exception):
    def __init__(self, outcome: MailOutcome) -> None:
        super().__init__(outcome.answer)
        self.outcome = outcome


class SmtpClient:
    """Sends one message after another; not for concurrent use."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: aiosmtplib.SMTP | None = None
        self._used_at = 0.0
        self._step = SmtpStep.GREETING

    async def send(self, envelope: Envelope) -> MailOutcome:
        """Send the message; never raises for what the server does."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                outcome = await self._send(envelope)
        except TimeoutError:
            self._drop()
            outcome = self._disconnected(SILENT)
        except BaseException:
            self._drop()
            raise
        self._used_at = _now()
        return outcome

    async def check(self, sender: str) -> MailOutcome:
        """Connect, log in and name the sender, without sending; closes the connection."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                smtp = await self._open()
                self._step = SmtpStep.SENDER
                await smtp.mail(_written(sender).text, timeout=COMMAND_SECONDS)
        except TimeoutError:
            return self._disconnected(SILENT)
        except _Failed as failed:
            return failed.outcome
        except aiosmtplib.SMTPResponseException as error:
            return judged(self._step, error.code, "") if error.code > 0 else self._no_smtp()
        except (aiosmtplib.SMTPException, OSError):
            return self._disconnected(ENDED)
        finally:
            await self.close()
        return MailOutcome(answer=MailAnswer.ACCEPTED)

    async def close_idle(self) -> None:
        """Close the connection if it was unused for a while."""
        if self._smtp is not None and _now() - self._used_at > IDLE_SECONDS:
            await self.close()

    async def close(self) -> None:
        """End the session politely, within a second."""
        if self._smtp is not None and self._smtp.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self._smtp.quit(timeout=1.0)
        self._drop()

    async def _send(self, envelope: Envelope) -> MailOutcome:
        sender = _written(envelope.sender)
        try:
            recipient = _written(envelope.recipient)
        except ValueError:
            return MailOutcome(answer=MailAnswer.REFUSED, reason="the address is not valid")
        route = _Route(sender, recipient, _needs_utf8(envelope, sender, recipient))
        is_kept = await self._keep()
        outcome = await self._transaction(envelope, route)
        if is_kept and self._smtp is None and outcome.answer is MailAnswer.UNREACHABLE:
            # A server may end a kept connection at any time, such as after a number of messages.
            outcome = await self._transaction(envelope, route)
        return outcome

    async def _keep(self) -> bool:
        """Return whether a connection can be used again."""
        if self._smtp is None:
            return False
        if _now() - self._used_at > RESET_AFTER_SECONDS:
            await self._reset()
        if self._smtp is not None and not self._smtp.is_connected:
            self._drop()
        return self._smtp is not None

    async def _transaction(self, envelope: Envelope, route: _Route) -> MailOutcome:
        self._step = SmtpStep.GREETING
        try:
            smtp = self._smtp or await self._open()
            if route.needs_utf8 and not smtp.supports_extension("smtputf8"):
                return MailOutcome(answer=MailAnswer.REFUSED, reason=NO_UTF8)
            return await self._offer(smtp, envelope, route)
        except _Failed as failed:
            return failed.outcome
        except aiosmtplib.SMTPResponseException as error:
            return await self._refused(error)
        except (aiosmtplib.SMTPException, OSError):
            self._drop()
            return self._disconnected(ENDED)

    async def _offer(self, smtp: aiosmtplib.SMTP, envelope: Envelope, route: _Route) -> MailOutcome:
        encoding = "utf-8" if route.needs_utf8 else "ascii"
        self._step = SmtpStep.SENDER
        await smtp.mail(
            route.sender.text,
            options=_options(smtp, envelope.content, utf8=route.needs_utf8),
            encoding=encoding,
            timeout=COMMAND_SECONDS,
        )
        self._step = SmtpStep.RECIPIENT
        await smtp.rcpt(route.recipient.text, encoding=encoding, timeout=COMMAND_SECONDS)
        self._step = SmtpStep.MESSAGE
        reply = await smtp.data(envelope.content, timeout=DATA_SECONDS)
        return MailOutcome(answer=MailAnswer.ACCEPTED, code=reply.code)

    async def _refused(self, error: aiosmtplib.SMTPResponseException) -> MailOutcome:
        if error.code < 0:  # not a reply of SMTP
            self._drop()
            return self._no_smtp()
        if self._smtp is not None and self._smtp.is_connected and error.code != CLOSING:
            await self._reset()
        else:
            self._drop()
        return judged(self._step, error.code, error.message)

    async def _reset(self) -> None:
        """End a half transaction; drop the connection if that fails."""
        try:
            if self._smtp is not None:
                await self._smtp.rset(timeout=COMMAND_SECONDS)
        except (aiosmtplib.SMTPException, OSError):
            self._drop()

    async def _open(self) -> aiosmtplib.SMTP:
        """Connect, encrypt and log in; raises _Failed."""
        self._step = SmtpStep.GREETING
        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.own_name,
            use_tls=server.security is MailSecurity.TLS,
            start_tls=server.security is MailSecurity.STARTTLS,
            timeout=COMMAND_SECONDS,
        )
        try:
            await smtp.connect(timeout=CONNECT_SECONDS)
            if server.user is not None:
                self._step = SmtpStep.LOGIN
                password = server.password.get_secret_value() if server.password else ""
                await smtp.login(server.user, password)
            with contextlib.suppress(aiosmtplib.SMTPHeloError):  # `mail` then tries HELO
                await smtp.ehlo()
        except (aiosmtplib.SMTPException, OSError) as error:
            smtp.close()
            raise _Failed(self._not_opened(error)) from error
        except BaseException:
            smtp.close()
            raise
        self._smtp = smtp
        return smtp

    def _not_opened(self, error: Exception) -> MailOutcome:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            is_smtp = error.code > 0
            return judged(self._step, error.code, "") if is_smtp else self._no_smtp()
        if (problem := _problem_of_encryption(error)) is not None:
            return MailOutcome(answer=MailAnswer.NOT_ALLOWED, reason=problem)
        if isinstance(error, TimeoutError):
            return self._disconnected(SILENT)
        if isinstance(error, OSError):
            return self._disconnected("cannot be reached")
        what = "STARTTLS" if self._step is SmtpStep.GREETING else "a login that is supported"
        return MailOutcome(
            answer=MailAnswer.NOT_ALLOWED, reason=f"the mail server does not offer {what}"
        )

    def _disconnected(self, how: str) -> MailOutcome:
        return self._without_answer(f"the mail server {how}")

    def _no_smtp(self) -> MailOutcome:
        return self._without_answer(NO_SMTP)

    def _without_answer(self, reason: str) -> MailOutcome:
        answer = MailAnswer.LOST if self._step is SmtpStep.MESSAGE else MailAnswer.UNREACHABLE
        return MailOutcome(answer=answer, reason=reason)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _problem_of_encryption(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "the certificate of the mail server cannot be verified"
        if isinstance(error, ssl.SSLError):
            return "the encryption of the connection to the mail server failed"
        error = error.__cause__
    return None


@lru_cache(maxsize=256)
def _written(address: str) -> _CommandAddress:
    """Return the address for a command; raises ValueError."""
    checked = email_validator.validate_email(
        address,
        check_deliverability=False,
        allow_quoted_local=True,
        allow_domain_literal=True,
        globally_deliverable=False,
    )
    if checked.ascii_email is not None:
        return _CommandAddress(checked.ascii_email, needs_utf8=False)
    return _CommandAddress(f"{checked.local_part}@{checked.ascii_domain}", needs_utf8=True)


def _needs_utf8(envelope: Envelope, *addresses: _CommandAddress) -> bool:
    headers = envelope.content.partition(b"\r\n\r\n")[0]
    return any(one.needs_utf8 for one in addresses) or not headers.isascii()


def _options(smtp: aiosmtplib.SMTP, content: bytes, *, utf8: bool) -> list[str]:
    options = ["SMTPUTF8"] if utf8 else []
    if not content.isascii() and smtp.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    return options


def _now() -> float:
    return asyncio.get_running_loop().time()
