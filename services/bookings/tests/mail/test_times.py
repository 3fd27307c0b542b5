"""Times in mails."""

from datetime import UTC, datetime, timedelta

import pytest

from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.times import lead, offset_of, span, zone_or_utc

EN, DE, ES, FR, AR = (languages()[code] for code in ("en", "de", "es", "fr", "ar"))
BERLIN = zone_or_utc("Europe/Berlin")
HALF_AN_HOUR = timedelta(minutes=30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lines(start: str, language=EN, zone: str = "Europe/Berlin", **lasting: int) -> tuple[str, ...]:
    length = timedelta(**lasting) if lasting else HALF_AN_HOUR
    return span(at(start), at(start) + length, zone_or_utc(zone), language)


def test_times_are_written_as_in_each_language() -> None:
    """24-hour times, except in English; the first of a month is special in French."""
    start = "2026-03-01T12:05"
    assert lines(start) == ("Sunday, March 1, 2026", "1:05 PM – 1:35 PM", "(Europe/Berlin, GMT+1)")
    assert lines(start, DE) == ("Sonntag, 1. März 2026", "13:05 – 13:35", "(Europe/Berlin, GMT+1)")
    assert lines(start, ES)[0] == "domingo, 1 de marzo de 2026"
    assert lines(start, FR)[0] == "dimanche 1er mars 2026"
    assert lines(start, AR) == (
        "الأحد، 1 مارس 2026",
        "13:05 – 13:35",
        "\u2068(Europe/Berlin, GMT+1)\u2069",
    )


@pytest.mark.parametrize(
    ("start", "clock"),
    [("00:00", "12:00 AM"), ("00:30", "12:30 AM"), ("11:59", "11:59 AM"), ("12:00", "12:00 PM")],
)
def test_noon_and_midnight_in_english(start: str, clock: str) -> None:
    assert lines(f"2026-03-03T{start}", zone="UTC")[1].startswith(f"{clock} – ")


def test_a_meeting_across_midnight_has_both_dates() -> None:
    """In the recipient's zone, although it is on one day in UTC."""
    assert lines("2026-03-02T22:45", DE) == (
        "Montag, 2. März 2026, 23:45 –",
        "Dienstag, 3. März 2026, 00:15",
        "(Europe/Berlin, GMT+1)",
    )


def test_a_meeting_when_the_clock_is_put_back() -> None:
    """It seems to take no time, so both times have their offset."""
    assert lines("2026-10-25T00:30", DE, hours=1) == (
        "Sonntag, 25. Oktober 2026",
        "02:30 (GMT+2) – 02:30 (GMT+1)",
        "(Europe/Berlin)",
    )


def test_a_meeting_when_the_clock_is_put_forward() -> None:
    assert lines("2026-03-29T00:30", DE, hours=1) == (
        "Sonntag, 29. März 2026",
        "01:30 (GMT+1) – 03:30 (GMT+2)",
        "(Europe/Berlin)",
    )


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "GMT"),
        ("Asia/Kolkata", "GMT+5:30"),
        ("America/St_Johns", "GMT-3:30"),
        ("Pacific/Kiritimati", "GMT+14"),
        ("America/New_York", "GMT-5"),
    ],
)
def test_offsets(zone: str, expected: str) -> None:
    assert offset_of(at("2026-01-15T12:00").astimezone(zone_or_utc(zone))) == expected


def test_a_zone_that_is_gone_is_utc() -> None:
    """A mail is better late in style than never sent."""
    assert lines("2026-03-03T12:00", zone="Mars/Base")[2] == "(UTC, GMT)"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0.4, None),
        (-5, None),
        (1, "in 1 minute"),
        (54, "in 54 minutes"),
        (58, "in 58 minutes"),
        (59.5, "in 1 hour"),
        (60, "in 1 hour"),
        (90, "in 90 minutes"),
        (120, "in 2 hours"),
        (150, "in 150 minutes"),
        (179.4, "in 179 minutes"),
        (179.6, "in 3 hours"),
        (3 * 60 + 20, "in 3 hours"),
        (3 * 60 + 29.6, "in 3 hours"),
        (24 * 60, "in 1 day"),
        (24 * 60 - 3, "in 1 day"),
        (25 * 60, "in 25 hours"),
        (36 * 60, "in 36 hours"),
        (48 * 60, "in 2 days"),
        (71 * 60, "in 71 hours"),
        (72 * 60, "in 3 days"),
        (3 * 24 * 60 + 11 * 60, "in 3 days"),
        (30 * 24 * 60, "in 30 days"),
    ],
)
def test_how_long_until_the_start(minutes: float, expected: str | None) -> None:
    """Rounded, and counted from the time of sending."""
    now = at("2026-03-03T12:00")
    assert lead(now + timedelta(minutes=minutes), now, EN) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["in 90 minutes", "in 36 hours", "in 1 day"]),
        ("de", ["in 90 Minuten", "in 36 Stunden", "in 1 Tag"]),
        ("es", ["dentro de 90 minutos", "dentro de 36 horas", "dentro de 1 día"]),
        ("fr", ["dans 90 minutes", "dans 36 heures", "dans 1 jour"]),
        ("ar", ["بعد 90 دقيقة", "بعد 36 ساعة", "بعد يوم واحد"]),
    ],
)
def test_how_long_in_each_language(language: str, expected: list[str]) -> None:
    now = at("2026-03-03T12:00")
    waits = [timedelta(minutes=90), timedelta(hours=36), timedelta(days=1)]
    assert [lead(now + wait, now, languages()[language]) for wait in waits] == expected


def test_the_error_is_at_most_half_of_the_unit() -> None:
    """Of every wait up to five days, in steps that hit no boundary by accident."""
    now, wait, longest = at("2026-03-03T12:00"), timedelta(seconds=61), timedelta(days=5)
    units = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
    while wait < longest:
        text = lead(now + wait, now, EN)
        assert text is not None
        _in, count, name = text.split()
        unit = units[name.rstrip("s")]
        assert abs(int(count) * unit - wait) <= unit / 2, (wait, text)
        wait += timedelta(seconds=7)
