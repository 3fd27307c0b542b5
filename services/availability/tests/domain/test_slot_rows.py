"""Rows of slots in the requested zone."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from linktime_availability.domain.slot_rows import slot_json, slot_rows
from linktime_common.timezones import zone


def test_a_row_has_local_date_and_time_and_both_instants() -> None:
    """23:30 UTC is the next date in Kathmandu; instants have milliseconds and Z."""
    start = int(datetime(2026, 2, 28, 23, 30, tzinfo=UTC).timestamp())
    assert slot_rows([start], 2700, zone("Asia/Kathmandu")) == [
        {
            "date": "2026-03-01",
            "time": "05:15",
            "startTime": "2026-02-28T23:30:00.000Z",
            "endTime": "2026-03-01T00:15:00.000Z",
        }
    ]
    assert slot_rows([], 2700, zone("UTC")) == []


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, tzinfo=UTC)),
        ("Africa/Casablanca", datetime(2026, 2, 15, tzinfo=UTC)),
        ("Antarctica/Troll", datetime(2026, 10, 25, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 6, 1, tzinfo=UTC)),
        ("America/Nuuk", datetime(2026, 10, 25, tzinfo=UTC)),
    ],
)
def test_rows_agree_with_zoneinfo(name: str, day: datetime) -> None:
    """Also around a clock change, on days with two offsets."""
    moments = [day + timedelta(minutes=minute) for minute in range(-1440, 2880, 15)]
    starts = [int(moment.timestamp()) for moment in moments]
    local = [moment.astimezone(zone(name)) for moment in moments]
    rows = slot_rows(starts, 60, zone(name))
    assert orjson.loads(b"[" + b",".join(slot_json(starts, 60, zone(name))) + b"]") == rows
    assert [f"{row['date']} {row['time']}" for row in rows] == [
        f"{t:%Y-%m-%d %H:%M}" for t in local
    ]
    assert [row["startTime"] for row in rows] == [f"{t:%Y-%m-%dT%H:%M:00.000Z}" for t in moments]


@pytest.mark.parametrize("name", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
@pytest.mark.parametrize("duration", [300, 86_400])
def test_json_equals_rows(name: str, duration: int) -> None:
    """Across months and years, where local date, start and end have three different dates."""
    first = int(datetime(2026, 12, 30, tzinfo=UTC).timestamp())
    starts = [*range(first, first + 4 * 86_400, 900), first + 5 * 86_400 - 1]
    written = b",".join(slot_json(starts, duration, zone(name)))
    assert orjson.loads(b"[" + written + b"]") == slot_rows(starts, duration, zone(name))
    assert list(slot_json([], duration, zone(name))) == []
