"""Parsing of working hours."""

import pytest

from linktime_availability.domain.schedule import InvalidHours, Window, day_windows, joined


def test_windows_are_sorted_and_round_trip() -> None:
    """24:00 and an end on the next date are kept."""
    pairs = [("22:00", "02:00"), ("00:00", "09:30"), ("13:00", "22:00")]
    windows = day_windows(pairs)
    assert windows == (Window(0, 570), Window(780, 1320), Window(1320, 120))
    assert [window.texts() for window in windows] == sorted(pairs)
    assert Window.parse("00:00", "24:00").texts() == ("00:00", "24:00")


@pytest.mark.parametrize(
    ("window", "until"),
    [(("09:00", "17:00"), 1020), (("09:00", "24:00"), 1440), (("09:00", "00:00"), 1440),
     (("09:00", "09:00"), 1980), (("09:00", "08:59"), 1979), (("00:00", "00:00"), 1440)],
)  # fmt: skip
def test_an_end_at_or_before_its_start_is_on_the_next_date(
    window: tuple[str, str], until: int
) -> None:
    """`until_minute` counts from the midnight that begins the window's date."""
    assert Window.parse(*window).until_minute == until


@pytest.mark.parametrize(
    "text",
    ["", "9:00", "09:60", "25:00", "24:01", "24:00 ", "09:00\n", "09-00", "٠٩:٠٠", "-1:00", "0900",
     "09:00:00"],
)  # fmt: skip
def test_invalid_time_of_day(text: str) -> None:
    """As a start and as an end; the message does not repeat the text."""
    for pair in ((text, "17:00"), ("09:00", text)):
        with pytest.raises(InvalidHours, match=r"^A time of day is written HH:MM"):
            day_windows([pair])


def test_a_window_cannot_start_at_24() -> None:
    """That is 00:00 of the next date."""
    with pytest.raises(InvalidHours, match="cannot start at 24:00"):
        day_windows([("24:00", "01:00")])


@pytest.mark.parametrize(
    "pairs",
    [
        [("09:00", "12:00"), ("11:59", "13:00")],
        [("09:00", "12:00"), ("09:00", "10:00")],
        [("09:00", "09:00"), ("10:00", "11:00")],
        [("22:00", "02:00"), ("23:00", "24:00")],
    ],
)
def test_windows_of_one_date_do_not_overlap(pairs: list[tuple[str, str]]) -> None:
    """In any order."""
    for order in (pairs, pairs[::-1]):
        with pytest.raises(InvalidHours, match="overlap"):
            day_windows(order)


def test_a_night_does_not_overlap_the_morning_of_its_own_date() -> None:
    """Its part after midnight lies on the next date."""
    assert len(day_windows([("00:00", "02:00"), ("22:00", "02:00")])) == 2


def test_touching_windows_are_joined_also_into_the_night() -> None:
    """Three touching windows become one; a gap of a minute stays."""
    windows = day_windows([("09:00", "12:00"), ("12:00", "20:00"), ("20:00", "01:00")])
    assert joined(windows) == ((540, 1500),)
    assert joined(day_windows([("09:00", "12:00"), ("12:01", "13:00")])) == ((540, 720), (721, 780))
    assert joined(()) == ()
