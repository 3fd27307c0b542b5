"""Names and subjects as other programs decode them."""

import email
from dataclasses import replace
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from itertools import product

import pytest
from services.bookings.tests.mail.mails import changed

from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.samples import NOW, SENDER, sample

HOSTS = (
    "Dr. Hélène Lefèvre-Dubois",
    "Grace Hopper",
    "Jürgen Müller-Lüdenscheidt",
    "José María Ñúñez de la Peña y Ordóñez",
    "مريم بنت علي بن عبد الرحمن",
    "Ann O'Neill (sales, EMEA)",
    "Łukasz Żółć 👩‍👩‍👧",
    "Maximilian Alexander von und zu Hohenstein-Wolfenbuettel the Younger",
)
EVENTS = (
    "Intro call",
    "Première consultation à distance",
    "Beratungsgespräch für Gründerinnen und Gründer",
    "Sesión de orientación",
    "استشارة أولية مجانية عبر الإنترنت",
    "A long and thorough quarterly review of everything with the whole team",
)


def headers(mail: Email) -> Message:
    """Return the message of a parser that decodes nothing, after checking the lines."""
    octets = render(mail, SENDER, now=NOW).as_bytes()
    head = octets.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 76
    return email.message_from_bytes(octets, policy=policy.compat32)


def decoded(value: object) -> str:
    """Return the text that a reader sees, without the line breaks."""
    return str(make_header(decode_header(str(value)))).replace("\r\n ", " ")


@pytest.mark.parametrize("locale", languages())
@pytest.mark.parametrize("kind", [Kind.CONFIRMATION, Kind.REMINDER, Kind.HOST_BOOKED])
def test_names_and_subjects_keep_their_blanks(kind: Kind, locale: str) -> None:
    """Wherever lines are folded; in From, To, Reply-To and Subject."""
    for host, event in product(HOSTS, EVENTS):
        mail = changed(kind, host__name=host, invitee_name=host, event_type__name=event)
        mail = replace(mail, locale=locale, recipient_name=host, recipient="zoe@example.org")
        found = headers(mail)
        subject = decoded(found["Subject"])
        assert subject == str(render(mail, SENDER, now=NOW)["Subject"])
        assert host in subject
        assert event in subject
        assert name_in(found["To"]) == host
        assert name_in(found["Reply-To"]) == host
        if kind.for_invitee:
            assert host in name_in(found["From"])


def name_in(value: object) -> str:
    """Return the display name, without quotes."""
    name, _, address = decoded(value).rpartition(" <")
    assert address.endswith(">")
    return name.strip('"')


def test_every_length_is_folded_well() -> None:
    """Each character of a subject is at the end of a line once."""
    for length in range(1, 80):
        host = ("é à " * 40)[:length].strip()
        found = headers(changed(Kind.CONFIRMATION, host__name=host))
        assert host in decoded(found["Subject"])
        assert decoded(found["From"]).startswith(f"{host} via LinkTime <")


def test_a_local_part_beyond_ascii_stays_beside_an_encoded_name() -> None:
    """The recipient's address is written as it is."""
    mail = replace(sample(Kind.CONFIRMATION, "de"), recipient="zoë@example.org")
    head = render(mail, SENDER, now=NOW).as_bytes().partition(b"\r\n\r\n")[0]
    assert " <zoë@example.org>\r\n".encode() in head


@pytest.mark.parametrize("kind", [Kind.CONFIRMATION, Kind.HOST_BOOKED])
def test_only_the_address_of_the_recipient_needs_smtputf8(kind: Kind) -> None:
    """Another that needs it is not in Reply-To; the text has it."""
    mail = changed(kind, invitee_email="zoë@example.net", host__email="zoë@example.net")
    message = render(replace(mail, recipient="zoe@example.org"), SENDER, now=NOW)
    assert message.as_bytes().partition(b"\r\n\r\n")[0].isascii()
    assert message["Reply-To"] is None
    for part in ("plain", "html"):
        body = message.get_body((part,))
        assert body is not None
        assert "zoë@example.net" in body.get_content()
        assert "If you reply" not in body.get_content()
    both = render(replace(mail, recipient="zoë@example.org"), SENDER, now=NOW)
    assert both["Reply-To"].addresses[0].addr_spec == "zoë@example.net"


def test_no_name_in_a_subject_is_a_link() -> None:
    """Neither the invitee's nor the host's."""
    name = "Win at https://evil.example"
    for kind in (Kind.HOST_BOOKED, Kind.CONFIRMATION):
        mail = changed(kind, invitee_name=name, host__name=name, event_type__name=name)
        subject = decoded(headers(mail)["Subject"])
        assert "https\u200b://evil\u200b.example" in subject
        assert "https://" not in subject
