"""Fields for texts of one line and of several, and for instants."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from linktime_common.contracts.wire import OUT_OF_RANGE, Instant, format_instant
from linktime_common.http.fields import (
    Moment,
    Name,
    Note,
    QueryEmail,
    QueryMoment,
    QueryPhone,
    SearchOfQuery,
    Url,
)
from linktime_common.texts import problem_of_line

NOT_ONE_LINE = "Must be one line without control characters"
NOT_VISIBLE = "Must have a visible character"
NOT_PLAIN = "Must have no control characters other than line breaks and tabs"
TOO_FINE = "Must be in whole milliseconds, such as 14:00:00.250Z"


def read(kind: Any, value: str) -> Any:
    return TypeAdapter(kind).validate_python(value)


def sentence(kind: Any, value: str) -> str:
    with pytest.raises(ValidationError) as refused:
        read(kind, value)
    return str(refused.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    "name",
    ["Zoë", "O'Neill, Ann-Marie", "👩\u200d💻", "می\u200cخواهم", "שלום\u200f!", "\u200eAnn",
     "🏴\U000e0067\U000e007f", "\U0001fae8", "е́", "…", "7", "ᅟA", "\ufeffAnn", "كتاب"],
)  # fmt: skip
def test_names_of_the_world_are_lines(name: str) -> None:
    """Joiners, direction marks, flag tags, and characters newer than this Python's Unicode."""
    assert read(Name, name) == name


@pytest.mark.parametrize(
    "name",
    ["A\r\nBcc: x@y.z", "A\nB", "A\tB", "A\x1b[31mB", "A\x7fB", "A\x85B", "A\x00B", "A\x9bB",
     "A\u202eB", "A\u202aB", "A\u2066B", "A\u2069B", "A\u2028B", "A\u2029B"],
)  # fmt: skip
def test_control_characters_are_refused_in_a_line(name: str) -> None:
    """All of them get the same error sentence."""
    assert sentence(Name, name) == NOT_ONE_LINE


@pytest.mark.parametrize(
    "name",
    ["\u200b", "\u200d\u200c", "\ufeff", "\u2060 \u2060", "\u3164", "\u115f\u1160", "\u2800",
     "\ufe0f", "\u00ad", "\u061c", "\u0301", "\U000e0041"],
)  # fmt: skip
def test_a_line_that_shows_nothing_is_none(name: str) -> None:
    """Zero-width characters, fillers, blank braille, marks without a letter."""
    assert sentence(Name, name) == NOT_VISIBLE


def test_a_blank_line_is_left_to_its_length() -> None:
    """A name must have a character; optional texts may be blank."""
    assert sentence(Name, " \t ") == "String should have at least 1 character"
    assert (problem_of_line(""), problem_of_line("  ")) == (None, None)
    assert read(Name, " Ann\n") == "Ann"


def test_notes_keep_line_breaks_and_tabs() -> None:
    """Other control characters and overrides are refused."""
    kept = "one\ttwo\r\nthree\nfour\u2028five 👩\u200d💻"
    assert read(Note, kept) == kept
    for character in "\x00\x08\x0b\x0c\x1b\x7f\x85\u202e\u2067":
        assert sentence(Note, f"a{character}b") == NOT_PLAIN


@pytest.mark.parametrize("kind", [Moment, QueryMoment])
def test_an_instant_is_in_whole_milliseconds(kind: Any) -> None:
    """Finer instants are refused; trailing zeros, as Python writes them, are accepted."""
    moment = datetime(2026, 3, 1, 14, 0, 0, 123_000, UTC)
    for text in (".123Z", ".123000Z", ".123000000+00:00"):
        assert read(kind, f"2026-03-01T14:00:00{text}") == moment
    for text in (".1234Z", ".123001Z", ".000000001Z", ".1230001+00:00"):
        assert sentence(kind, f"2026-03-01T14:00:00{text}") == TOO_FINE


@pytest.mark.parametrize("kind", [Instant, Moment, QueryMoment])
@pytest.mark.parametrize(
    "beyond",
    ["0001-01-01T00:00:00Z", "0001-01-01T02:00:00+02:00", "0001-01-01T00:00:00+02:00",
     "9999-12-31T23:59:59.999-12:00", "9999-12-31T23:59:59.999999Z",
     "9999-12-31T11:59:59.999999-12:00"],
)  # fmt: skip
def test_an_instant_that_postgresql_changes_is_refused(kind: Any, beyond: str) -> None:
    """The ends of the calendar in all spellings, and values beyond."""
    assert sentence(kind, beyond) in {OUT_OF_RANGE, TOO_FINE}
    assert sentence(Instant, beyond) == OUT_OF_RANGE


@pytest.mark.parametrize("kind", [Instant, Moment, QueryMoment])
def test_an_offset_has_sixty_minutes(kind: Any) -> None:
    """With and without a colon; digits are ASCII."""
    assert read(kind, "2026-03-01T14:59:00+00:59") == datetime(2026, 3, 1, 14, tzinfo=UTC)
    for offset in ("+00:60", "-00:99", "+0060", "+24:00", "+0\u0661:00"):
        assert sentence(kind, f"2026-03-01T14:00:00{offset}")
    assert sentence(QueryMoment, "2026-03-01T14:00:00 00:60")


@pytest.mark.parametrize("near", ["0001-01-01T00:00:00.001Z", "9999-12-31T23:59:59.999Z"])
@pytest.mark.parametrize("kind", [Instant, Moment, QueryMoment])
def test_an_instant_next_to_the_ends_of_the_calendar_is_read(kind: Any, near: str) -> None:
    """Also the last millisecond, which some clients write for "never"."""
    assert format_instant(read(kind, near)) == near


def test_events_carry_instants_as_they_were_written() -> None:
    """Events are never refused for a finer fraction."""
    finer = datetime(2026, 3, 1, 14, 0, 0, 123_456, UTC)
    assert read(Instant, "2026-03-01T14:00:00.123456Z") == finer


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T14:00:00 02:00", "2026-03-01T14:00 0200", "2026-03-01 14:00:00.000 02:00",
     "2026-03-01T14:00:00+02:00"],
)  # fmt: skip
def test_a_plus_that_became_a_blank_is_read_in_a_query(text: str) -> None:
    """`from=2026-03-01T14:00:00+02:00` arrives with a blank; in a body it is an error."""
    assert read(QueryMoment, text) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert "+" in text or sentence(Moment, text).startswith("Expected an ISO 8601 date and time")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (QueryEmail, "zoe work@example.com", "zoe+work@example.com"),
        (QueryEmail, " zoe@example.com ", "zoe@example.com"),
        (QueryPhone, " 49 30 123456", "+4930123456"),
        (QueryPhone, " +49 30 123456", "+4930123456"),
        (Annotated[str, SearchOfQuery], " 4930", "+4930"),
        (Annotated[str, SearchOfQuery], " Ann Lee", " Ann Lee"),
        (Annotated[str, SearchOfQuery], "0 30", "0 30"),
    ],
)
def test_what_is_read_decides_which_blanks_were_a_plus(kind: Any, text: str, expected: str) -> None:
    """Addresses and numbers have one where a blank has no meaning."""
    assert read(kind, text) == expected


@pytest.mark.parametrize("text", ["2026-03-01 14:00", "2026-03-01T14:00:00 ", "2026-03-01  02:00"])
def test_other_blanks_are_no_plus(text: str) -> None:
    """A blank between date and time does not replace the offset."""
    assert sentence(QueryMoment, text)


@pytest.mark.parametrize(
    "text",
    ["https://example.com", "http://example.com./a?b=c#d", "https://b\u00fccher.example/\u00fc",
     "https://user:secret@cdn_1.example.com:8443/a%20b", "http://[2001:db8::1]:80/", "http://192.0.2.1"],
)  # fmt: skip
def test_a_url_is_kept_as_written(text: str) -> None:
    """With a user name, a port, or letters that are not ASCII."""
    assert read(Url, text) == text


@pytest.mark.parametrize(
    "text",
    ["http://[::", "http://[::1", "http://]", "http://[example.com]/", "https://a:99999/", "http://a:x",
     "http://a:\u0661", "http:///a", "http://?a", "http://:80/", "http://a\\b", "http://a..b/",
     "http://-a/", "http://a<b>/", "http://" + "a" * 300, "http://\ud800/"],
)  # fmt: skip
def test_an_invalid_url_is_refused(text: str) -> None:
    """Brackets, ports and hosts that no client can connect to."""
    assert sentence(Url, text)
