"""What the bodies of mails say, and what they keep from becoming a link."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from services.bookings.tests.mail.mails import HOSTS, INVITEES, changed

from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.preview import html_of, text_of
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.samples import BOOKING, MANAGE_URL, NOW, SENDER, sample

HOSTILE = "See https://evil.example/a?b=1 or www.evil.example or evil.example <b>now</b>"
LINK = re.compile(r"https?://|www\.\w|\w\.example")


def bodies(mail: Email) -> list[str]:
    message = render(mail, SENDER, now=NOW)
    return [text_of(message).decode().partition("\n\n")[2], html_of(message).decode()]


def links(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


@pytest.mark.parametrize("kind", INVITEES)
def test_an_invitee_has_one_link_to_change_the_booking(kind: Kind) -> None:
    """Not after a cancellation, when there is nothing left to change."""
    text, html = bodies(changed(kind, location=None))
    wanted = 0 if kind is Kind.CANCELLED else 1
    assert links(html).count(MANAGE_URL) == wanted
    assert text.splitlines().count(MANAGE_URL) == wanted


@pytest.mark.parametrize("locale", languages())
def test_only_a_reminder_ends_with_the_link_to_stop_reminders(locale: str) -> None:
    """It leads to their place on the page of the booking."""
    place = f"{MANAGE_URL}#reminders"
    for kind in Kind:
        message = render(sample(kind, locale), SENDER, now=NOW)
        text, html = text_of(message).decode(), html_of(message).decode()
        is_reminder = kind is Kind.REMINDER
        assert text.rstrip().endswith(place) is is_reminder
        assert links(html)[-1:] == [place] or not is_reminder
        assert html.count("#reminders") == text.count("#reminders") == int(is_reminder)


@pytest.mark.parametrize("kind", HOSTS)
def test_a_host_sees_the_invitee_but_not_their_link(kind: Kind) -> None:
    """Name, e-mail, phone, answers and notes; the link would let the host act as the invitee."""
    for body in bodies(changed(kind, location=None)):
        for shown in ("Zoë Müller", "zoe@example.org", "+49 30 1234567", "Company", "I am new"):
            assert shown in body
        assert "/manage/" not in body
        assert links(body) == []


@pytest.mark.parametrize("kind", [*HOSTS, *INVITEES])
def test_texts_of_people_are_no_links_and_no_html(kind: Kind) -> None:
    """Neither in HTML nor for a program that looks for addresses in the text."""
    mail = changed(kind, notes=HOSTILE, invitee_name=HOSTILE, location=None)
    mail.facts["booking"]["answers"] = [
        {"questionId": "q", "label": HOSTILE, "value": HOSTILE},
    ]
    facts = {**mail.facts, "reason": HOSTILE, "manage_url": "", "manageUrl": ""}
    mail = replace(mail, facts=facts, recipient_name=HOSTILE)
    for body in bodies(mail):
        for line in body.splitlines():
            if "evil" in line:
                assert not LINK.search(line), line
        if "<html" in body:
            assert "<b>" not in body
            assert all("evil" not in link for link in links(body))


def test_words_of_people_are_marked_in_the_text_part() -> None:
    """So that notes cannot pass for a part of the mail, such as a second link to confirm."""
    text, _html = bodies(changed(Kind.HOST_BOOKED, notes="Hi\n\nNotes:\n-- \nLinkTime"))
    assert "Notes:\n> Hi\n>\n> Notes:\n> --\n> LinkTime\n" in text


@pytest.mark.parametrize(
    ("location", "linked"),
    [
        ("https://meet.example.com/a", ["https://meet.example.com/a"]),
        ("javascript:alert(1)", []),
        ("Room 1, https://meet.example.com", []),
        ("+49 30 123", []),
        ('https://meet.example.com/"onclick="x', ["https://meet.example.com/&#34;onclick=&#34;x"]),
        ("  ", []),
    ],
)
def test_a_place_is_a_link_if_it_is_an_address(location: str, linked: list[str]) -> None:
    """The owner of the event type wrote it."""
    _text, html = bodies(changed(Kind.HOST_BOOKED, location=location))
    assert links(html) == linked


@pytest.mark.parametrize("by", ["host", "invitee", "system", None])
@pytest.mark.parametrize(
    "kind", [Kind.CANCELLED, Kind.RESCHEDULED, Kind.HOST_CANCELLED, Kind.HOST_RESCHEDULED]
)
def test_a_change_says_who_made_it_and_why(kind: Kind, by: str | None) -> None:
    mail = sample(kind, "en")
    text, html = bodies(replace(mail, facts={**mail.facts, "by": by, "reason": "I am ill."}))
    assert "> I am ill.\n" in text
    assert "I am ill." in html
    person, other = ("You", "Grace") if kind.for_invitee else ("Zoë", "You")
    who = {"invitee": person, "host": other}.get(by or "system")
    sentence = text.split("\n\n")[2]
    assert sentence.startswith(who or ("Your appointment", "The appointment")), sentence


def test_text_and_html_name_the_same_times() -> None:
    """Old and new, in the recipient's zone; the old one is struck through."""
    for kind, zone in ((Kind.RESCHEDULED, "Europe/Berlin"), (Kind.HOST_RESCHEDULED, "Asia/Tokyo")):
        text, html = bodies(replace(sample(kind, "de"), timezone=zone))
        times = re.findall(r"^  (.*)$", text, re.MULTILINE)
        assert len(times) == 6
        for line in times:
            assert line in html
        assert "Bisher:" in text
        assert html.count("<s ") == len(times) - 3


def test_a_late_reminder_counts_from_now() -> None:
    mail = sample(Kind.REMINDER, "en")
    text = text_of(render(mail, SENDER, now=BOOKING.start_time - timedelta(minutes=40))).decode()
    assert "starts in 40 minutes." in text
    text = text_of(render(mail, SENDER, now=BOOKING.start_time)).decode()
    assert "starts soon." in text


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        (Kind.WEBHOOK_FAILING, {"detail": "webhook.failing.72h"}, "any delivery for 72 hours."),
        (Kind.WEBHOOK_FAILING, {"detail": None}, "does not accept deliveries."),
        (Kind.WEBHOOK_DISABLED, {"detail": "webhook.disabled.gone"}, "answered 410 Gone"),
        (Kind.WEBHOOK_DISABLED, {"detail": "webhook.disabled.failing"}, "failed for too long"),
        (Kind.CALENDAR_DISCONNECTED, {"detail": "calendar.credentials"}, "refuses the login"),
        (Kind.CALENDAR_DISCONNECTED, {"detail": "calendar.unreachable"}, "for a long time"),
        (Kind.HOST_MAIL_REFUSED, {"detail": "550 no"}, "Answer of the mail server:\n> 550 no"),
    ],
)
def test_a_notice_says_what_happened(
    kind: Kind, facts: dict[str, str | None], expected: str
) -> None:
    text, html = bodies(replace(sample(kind, "en"), facts={"subject": "x.example/a", **facts}))
    assert expected in text
    is_address = kind is Kind.HOST_MAIL_REFUSED
    assert ("x.example/a" if is_address else "x\u200b.example/a") in html


@pytest.mark.parametrize("kind", Kind)
def test_french_labels_have_a_space_before_the_colon(kind: Kind) -> None:
    """At which no line is broken, as in the other French texts."""
    text, _html = bodies(sample(kind, "fr"))
    labels = [line for line in text.splitlines() if re.search(r":( |$)", line)]
    of_linktime = [line for line in labels if not line.startswith("> ")]
    assert of_linktime
    assert [line for line in of_linktime if not re.search("\u00a0:( |$)", line)] == []


@pytest.mark.parametrize(
    ("stops_booking", "sentence"),
    [
        (True, "Until then, nobody can book a time with you: your booking pages show no times."),
        (False, "Until then, changes in this calendar are not taken into account."),
        (None, "Until then, changes in this calendar are not taken into account."),
    ],
)
def test_a_lost_calendar_may_stop_booking(*, stops_booking: bool | None, sentence: str) -> None:
    """By the policy of the host; mails that were queued before say nothing of it."""
    facts = {"subject": "Work", "detail": "calendar.unreachable"}
    known = {} if stops_booking is None else {"stopsBooking": stops_booking}
    for body in bodies(replace(sample(Kind.CALENDAR_DISCONNECTED, "en"), facts=facts | known)):
        assert sentence in body


@pytest.mark.parametrize(
    ("facts", "sentence", "is_timed"),
    [
        ({"calendarChange": "calendar_event.deleted"}, "was deleted from your calendar.", False),
        ({"calendarChange": "calendar_event.moved"}, "was moved in your calendar.", False),
        (
            {
                "calendarChange": "calendar_event.moved",
                "calendarStartTime": "2026-03-04T20:00:00.000Z",
                "calendarEndTime": "2026-03-04T20:30:00.000Z",
            },
            "was moved in your calendar.",
            True,
        ),
        ({}, "was deleted or moved in your calendar.", False),
    ],
)
def test_a_changed_event_is_told_exactly(
    facts: dict[str, str], sentence: str, *, is_timed: bool
) -> None:
    """With the new time; mails that were queued before do not know what happened."""
    given = sample(Kind.CALENDAR_EVENT_CHANGED, "en")
    known = {"booking": given.facts["booking"], "manageUrl": ""}
    for body in bodies(replace(given, facts=known | facts)):
        assert sentence in body
        assert ("In your calendar" in body) is is_timed
        assert ("Wednesday, March 4, 2026" in body) is is_timed
        assert ("3:00 PM – 3:30 PM" in body) is is_timed


def test_a_mail_of_an_account_has_its_link() -> None:
    """Once as a button, once in the text."""
    for kind in (Kind.VERIFY_ADDRESS, Kind.RESET_PASSWORD, Kind.SET_PASSWORD):
        mail = replace(sample(kind, "fr"), facts={"link": "https://linktime.example/a?b=1&c=2"})
        text, html = bodies(mail)
        assert links(html) == ["https://linktime.example/a?b=1&amp;c=2"]
        assert text.count("https://linktime.example/a?b=1&c=2\n") == 1


@pytest.mark.parametrize(("locale", "greeting"), [("en", "Hello,"), ("ar", "مرحبًا،")])
def test_a_person_without_a_name_is_greeted(locale: str, greeting: str) -> None:
    text, _html = bodies(replace(sample(Kind.VERIFY_ADDRESS, locale), recipient_name=""))
    assert f"\n\n{greeting}\n\n" in text


def test_an_address_that_refused_a_mail_can_be_copied() -> None:
    for body in bodies(sample(Kind.HOST_MAIL_REFUSED, "en")):
        assert "zoe@example.org" in body
