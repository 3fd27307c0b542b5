"""Renders a mail: subject, text and HTML in the recipient's language, and an invitation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import cache, lru_cache
from string import Formatter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from linktime_bookings.domain.emails import BookingFacts, Email, NoticeFacts
from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail import message, views
from linktime_bookings.mail.addresses import UnusableAddress, mailbox
from linktime_bookings.mail.invitation import for_host, for_invitee
from linktime_bookings.mail.languages import Language, language_for, languages
from linktime_bookings.mail.plain_text import inert, one_line

__all__ = ["Sender", "UnusableAddress", "render"]


def render(email: Email, sender: Sender, *, now: datetime) -> EmailMessage:
    """Return the whole message, without reading or writing anything else.

    `now` is the time of sending. Raises UnusableAddress if the recipient's is not a mail address.
    """
    language = language_for(email.locale)
    about = _about(email)
    shown = views.common(email, sender, language) | _view(email, about, language, now)
    booked = about if isinstance(about, BookingFacts) else None
    subject = views.subject_of(email.kind, booked, sender, language)
    recipient = mailbox(email.recipient or "", email.recipient_name or "")
    reply_to = _reply_to(email, booked, recipient)
    shown |= {"subject": inert(subject), "takes_replies": reply_to is not None}
    head = message.Head(
        id=email.id,
        kind=email.kind.value,
        domain=sender.domain,
        date=now,
        subject=subject,
        sender=mailbox(sender.address, _shown_sender(email, booked, sender, language)),
        recipient=recipient,
        reply_to=reply_to,
    )
    templates = _environment(language.code)
    return message.build(
        head,
        text=templates.get_template(f"{email.kind}.txt").render(shown, t=_Texts(language, shown)),
        html=templates.get_template(f"{email.kind}.html").render(
            shown, t=_HtmlTexts(language, shown)
        ),
        calendar=_calendar_file(email, booked, sender, language, now),
    )


def _about(email: Email) -> BookingFacts | NoticeFacts | None:
    if email.kind.is_of_booking:
        return BookingFacts.model_validate(email.facts)
    return NoticeFacts.model_validate(email.facts) if email.kind.is_notice else None


def _view(
    email: Email, about: BookingFacts | NoticeFacts | None, language: Language, now: datetime
) -> dict[str, Any]:
    match about:
        case BookingFacts():
            return views.of_booking(email, about, language, now)
        case NoticeFacts():
            return views.of_notice(email, about, language)
        case None:
            return views.of_account(email.facts)


def _shown_sender(
    email: Email, booked: BookingFacts | None, sender: Sender, language: Language
) -> str:
    if booked is None or not email.kind.for_invitee:
        return sender.name
    host = one_line(booked.booking.host.name, views.MOST_OF_A_SUBJECT_PART)
    return language.text("from.host", host=host, service=one_line(sender.name))


def _reply_to(
    email: Email, booked: BookingFacts | None, recipient: message.Mailbox
) -> message.Mailbox | None:
    """Return the other person of the booking, if the mail can be sent with that address in it."""
    if booked is None:
        return None
    booking = booked.booking
    try:
        if email.kind.for_invitee:
            other = mailbox(booking.host.email, booking.host.name)
        else:
            other = mailbox(booking.invitee_email, booking.invitee_name)
    except UnusableAddress:
        # The mail itself is worth sending without it.
        return None
    # Somebody else's address must not make SMTPUTF8 a condition of the recipient's mail.
    return other if other.is_ascii or not recipient.is_ascii else None


def _calendar_file(
    email: Email,
    booked: BookingFacts | None,
    sender: Sender,
    language: Language,
    now: datetime,
) -> message.CalendarFile | None:
    if booked is None or not email.kind.is_of_change:
        return None
    make = for_invitee if email.kind.for_invitee else for_host
    return make(booked, sender, language, now)


@cache
def _environment(code: str) -> Environment:
    """Return the templates of a language. Its colon is global, as macros see no value of a mail."""
    environment = Environment(
        loader=PackageLoader("linktime_bookings.mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = _quoted
    environment.globals["colon"] = languages()[code].colon
    return environment


@dataclass(frozen=True)
class _Texts:
    """The texts of a language, with the values of one mail in their places."""

    language: Language
    shown: Mapping[str, Any]

    def __getitem__(self, key: str) -> str:
        text = self.language.texts[key]
        names = _placeholders(text)
        return text.format_map({name: self.shown[name] for name in names}) if names else text


@dataclass(frozen=True)
class _HtmlTexts(_Texts):
    def __getitem__(self, key: str) -> Markup:
        text = self.language.texts[key]
        names, escaped = _placeholders(text), _escaped(text)
        return escaped.format(**{name: self.shown[name] for name in names}) if names else escaped


@lru_cache(maxsize=1024)
def _placeholders(text: str) -> tuple[str, ...]:
    """Return the names of the values in the text."""
    return tuple(name for _before, name, _how, _kind in Formatter().parse(text) if name)


@lru_cache(maxsize=1024)
def _escaped(text: str) -> Markup:
    return escape(text)


def _quoted(text: str) -> str:
    """Return each line marked as somebody's words."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
