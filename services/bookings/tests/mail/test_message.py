"""Headers and structure of mails, as another program reads their octets."""

import email
import re
from dataclasses import replace
from email import policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import pytest
from services.bookings.tests.mail.mails import FOR_BOTH, HOSTS, INJECTION, INVITEES, NAMES, changed

from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.mail.addresses import UnusableAddress
from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.samples import NOW, SENDER, sample


def parsed(mail: Email, sender: Any = SENDER) -> EmailMessage:
    """Return the message as its recipient reads it, after checking the lines."""
    octets = render(mail, sender, now=NOW).as_bytes()
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    lines = octets.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    for line in lines:
        for word in re.findall(rb"=\?[^ ]*\?=", line):
            assert len(word) <= 75
    message = email.message_from_bytes(octets, policy=policy.default)
    assert not message.defects
    return message


def shape(part: EmailMessage) -> Any:
    if part.is_multipart():
        return {part.get_content_type(): [shape(one) for one in part.iter_parts()]}
    return part.get_content_type()


ALTERNATIVE = {"multipart/alternative": ["text/plain", "text/html"]}
WITH_REQUEST = {"multipart/alternative": ["text/plain", "text/html", "text/calendar"]}


@pytest.mark.parametrize("locale", languages())
@pytest.mark.parametrize("kind", Kind)
def test_the_structure_is_that_of_the_kind(kind: Kind, locale: str) -> None:
    """Invitees' changes carry a request, host's a file, all others neither."""
    message = parsed(sample(kind, locale))
    if kind in INVITEES and kind is not Kind.REMINDER:
        assert shape(message) == {"multipart/mixed": [WITH_REQUEST, "application/ics"]}
    elif kind in HOSTS:
        assert shape(message) == {"multipart/mixed": [ALTERNATIVE, "application/ics"]}
    else:
        assert shape(message) == ALTERNATIVE


def test_the_calendar_part_is_as_calendars_want_it() -> None:
    """Base64, method and character set named, no Content-Disposition, the attachment's octets."""
    message = parsed(sample(Kind.CONFIRMATION, "ar"))
    calendar = next(one for one in message.walk() if one.get_content_type() == "text/calendar")
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_content_charset() == "utf-8"
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "appointment.ics"
    octets = calendar.get_payload(decode=True)
    assert isinstance(octets, bytes)
    assert octets == attachment.get_payload(decode=True)
    assert b"\n" not in octets.replace(b"\r\n", b"")


def test_a_message_is_the_same_each_time() -> None:
    """The boundaries too, which no encoded part can contain."""
    mail = changed(Kind.CONFIRMATION, notes="--=_LinkTime_alternative\r\n--=_LinkTime_mixed--")
    mail = replace(mail, recipient_name="--=_LinkTime_mixed")
    octets = render(mail, SENDER, now=NOW).as_bytes()
    assert octets == render(mail, SENDER, now=NOW).as_bytes()
    assert shape(parsed(mail)) == {"multipart/mixed": [WITH_REQUEST, "application/ics"]}


@pytest.mark.parametrize("kind", Kind)
def test_headers_of_every_kind(kind: Kind) -> None:
    mail = sample(kind, "de")
    message = parsed(mail)
    assert message["Message-ID"] == f"<{mail.id}@linktime.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-LinkTime-Kind"] == kind
    assert message["Date"].datetime == NOW
    assert message["From"].addresses[0].addr_spec == "bookings@linktime.example"
    assert message["To"].addresses == (
        Address(mail.recipient_name or "", addr_spec=mail.recipient),
    )
    for absent in ("List-Unsubscribe", "Bcc", "Cc", "Sender"):
        assert message[absent] is None


def test_a_reply_goes_to_the_other_person() -> None:
    """In an invitee's mail the host's name is the display name of the instance's address."""
    to_invitee, to_host = (
        parsed(sample(Kind.REMINDER, "en")),
        parsed(sample(Kind.HOST_BOOKED, "en")),
    )
    assert str(to_invitee["From"]) == "Grace Hopper via LinkTime <bookings@linktime.example>"
    assert str(to_invitee["Reply-To"]) == "Grace Hopper <grace@example.com>"
    assert str(to_host["From"]) == "LinkTime <bookings@linktime.example>"
    assert str(to_host["Reply-To"]) == "Zoë Müller <zoe@example.org>"
    assert parsed(sample(Kind.VERIFY_ADDRESS, "en"))["Reply-To"] is None


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("kind", FOR_BOTH)
def test_no_name_adds_a_header_or_an_address(kind: Kind, name: str) -> None:
    """In From, To, Reply-To and Subject, from invitee, host, event type and instance."""
    mail = changed(kind, invitee_name=name, host__name=name, event_type__name=name, location=name)
    mail = replace(mail, recipient_name=name)
    message = parsed(mail, replace(SENDER, name=name))
    plain = parsed(sample(kind, "en"))
    assert [one.lower() for one in message.keys()] == [one.lower() for one in plain.keys()]  # noqa: SIM118
    for header in ("From", "To", "Reply-To"):
        (address,) = message[header].addresses
        assert address.addr_spec == plain[header].addresses[0].addr_spec
        assert len(address.display_name) <= 200
        assert address.display_name.isprintable() or "\u200d" in name
    assert len(message["Subject"]) <= 300
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.HOST_CANCELLED, Kind.HOST_RESCHEDULED])
def test_a_reason_of_several_lines_adds_no_header(kind: Kind) -> None:
    """Its lines are marked in the text, and it is in neither header nor calendar part."""
    mail = sample(kind, "en")
    message = parsed(replace(mail, facts={**mail.facts, "reason": INJECTION}))
    assert message.items() == parsed(mail).items()
    text = message.get_body(("plain",))
    assert text is not None
    assert "> a\n> Bcc: victim@" in text.get_content().replace("\r\n", "\n")
    attached = [one for one in message.walk() if one.get_content_maintype() != "multipart"]
    for part in attached:
        if part.get_content_type() in {"text/calendar", "application/ics"}:
            assert "victim" not in str(part.get_content())


def test_names_arrive_as_they_are_written() -> None:
    """Quotes, commas, emoji and other scripts survive encoding and folding."""
    for name in (
        'Ann "Nan", Öz',
        "Zoë 👩‍👩‍👧 🇩🇪",
        "مريم بنت علي",
        "O'Neill (home)",
    ):
        mail = replace(sample(Kind.CONFIRMATION, "en"), recipient_name=name)
        assert parsed(mail)["To"].addresses[0].display_name == name


def test_an_encoded_word_in_a_name_is_not_decoded() -> None:
    """It could hide a line break or another name from every check before."""
    name = "=?utf-8?q?Bank=0D=0ABcc:_victim@example.net?="
    mail = changed(Kind.HOST_BOOKED, invitee_name=name)
    message = parsed(replace(mail, recipient_name=name))
    shown = "= ?utf-8?q?Bank=0D=0ABcc:_victim@example.net?="
    assert message["To"].addresses[0].display_name == shown
    assert message["Subject"].endswith(shown.replace(".", "\u200b."))  # no link


def test_an_emoji_is_not_cut_in_two() -> None:
    family = "👩‍👩‍👧"
    mail = replace(sample(Kind.CONFIRMATION, "en"), recipient_name=family * 40)
    # Python's newer parser puts spaces between the encoded words of a name.
    older = email.message_from_bytes(render(mail, SENDER, now=NOW).as_bytes())
    shown = str(make_header(decode_header(older["To"]))).removesuffix(" <zoe@example.org>")
    assert shown == family * shown.count(family) + "…"
    assert 10 < shown.count(family) < 40


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ('"a b"@example.org', '"a b"@example.org'),
        ('"a\\"b,c"@example.org', '"a\\"b,c"@example.org'),
        ("zoe@straße.example", "zoe@xn--strae-oqa.example"),
        ("zoe@مثال.example", "zoe@xn--mgbh0fb.example"),
        ("zoe+tag@mail.test", "zoe+tag@mail.test"),
        ("zoe@localhost", "zoe@localhost"),
    ],
)
def test_unusual_addresses(address: str, written: str) -> None:
    """In To, and in Reply-To of the host's mail."""
    to_invitee = replace(sample(Kind.CONFIRMATION, "en"), recipient=address)
    assert parsed(to_invitee)["To"].addresses[0].addr_spec == written
    to_host = changed(Kind.HOST_BOOKED, invitee_email=address)
    assert parsed(to_host)["Reply-To"].addresses[0].addr_spec == written


def test_a_local_part_beyond_ascii_is_written_in_utf_8() -> None:
    """RFC 6532: headers in UTF-8, for a server with SMTPUTF8."""
    octets = render(
        replace(sample(Kind.CONFIRMATION, "en"), recipient="zoë@straße.example"), SENDER, now=NOW
    ).as_bytes()
    assert "<zoë@xn--strae-oqa.example>\r\n".encode() in octets


@pytest.mark.parametrize(
    "address", [INJECTION, f"zoe@example.org{INJECTION[1:]}", "zoe", "", "a@b.org, c@d.org"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """As a recipient; as Reply-To it is left out, since the mail is worth sending without it."""
    with pytest.raises(UnusableAddress):
        render(replace(sample(Kind.CONFIRMATION, "en"), recipient=address), SENDER, now=NOW)
    assert parsed(changed(Kind.HOST_BOOKED, invitee_email=address))["Reply-To"] is None


@pytest.mark.parametrize("locale", languages())
@pytest.mark.parametrize("kind", INVITEES)
def test_no_text_of_the_invitee_is_in_their_subject(kind: Kind, locale: str) -> None:
    """Anybody can enter any address and any name: the subject would be an advertisement."""
    mail = replace(changed(kind, invitee_name="Buy gold", notes="Buy gold"), locale=locale)
    assert "gold" not in parsed(replace(mail, recipient_name="Buy gold"))["Subject"]


def test_the_subject_of_a_host_names_the_invitee() -> None:
    subject = parsed(changed(Kind.HOST_BOOKED, invitee_name="Zoë\r\n\u202eMüller"))["Subject"]
    assert subject == "New booking: Intro call with Zoë Müller"
