"""Offers, read by one statement, so that all rows are of one snapshot."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record

from linktime_availability.domain.calendars import CalendarPolicy, CalendarReading
from linktime_availability.domain.event_type import Host, Offer
from linktime_availability.domain.holidays import Holiday
from linktime_availability.domain.schedule import Schedule
from linktime_availability.domain.slots import ReservedTime
from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, MINUTE, Span, dates_span
from linktime_availability.store import event_types, holiday_settings, schedules
from linktime_common.postgres import Connection
from linktime_common.timezones import zone as zone_called

# Busy time ends within seconds of what is stored: fractions are rounded outwards.
# $1 is the event type, or $2 its host and $3 its slug; with both, the host must match.
# $4 and $5 limit the reservations' starts, which the event type's limits widen by the longest
# period that they count in; $6 and $7 the overrides' dates; both limit time off. $8 is whether the
# reservations' ids are read.
# What few hosts have is one value in the list of columns: every further table in FROM passes all
# columns on, and setting that up takes longer than reading the rows.
# `date_part` calculates in binary numbers, faster than `extract`, and is exact for the microseconds
# of a reservation, which is never beyond the horizon; calendars may have any date.
FIND = f"""
    SELECT {event_types.COLUMNS.qualified("t")},
           h.username, h.name AS host_name, h.email, h.timezone AS host_timezone,
           h.active AS host_active, h.locale AS host_locale,
           {schedules.SCHEDULE.qualified("s")},
           (SELECT jsonb_object_agg(o.on_date, o.windows)
              FROM schedule_overrides o
             WHERE o.host_id = t.host_id
               AND o.on_date BETWEEN $6 AND $7) AS overrides,
           (SELECT jsonb_build_array(o.timezone, o.weekly, o.overrides)
              FROM other_schedules o
             WHERE o.id = t.schedule_id
               AND o.host_id = t.host_id) AS other_schedule,
           taken.ids, taken.booking_ids, taken.starts, taken.ends, taken.before, taken.after,
           taken.same_type, counted.seconds AS counted_seconds,
           (SELECT array_agg(ARRAY[floor(extract(epoch FROM b.starts_at))::bigint,
                                   ceil(extract(epoch FROM b.ends_at))::bigint])
              FROM busy_intervals b
              JOIN calendars c ON c.id = b.calendar_id AND c.host_id = b.host_id AND c.reads
             WHERE b.host_id = t.host_id
               AND tstzrange(b.starts_at, b.ends_at) && tstzrange($4, $5)) AS busy,
           (SELECT jsonb_build_array(holiday.country, holiday.region, holiday.disabled)
              FROM holiday_settings holiday
             WHERE holiday.host_id = t.host_id) AS holidays,
           (SELECT jsonb_agg(jsonb_build_array(
                       o.first_date, o.last_date,
                       floor(extract(epoch FROM o.starts_at)), ceil(extract(epoch FROM o.ends_at))))
              FROM time_off o
             WHERE o.host_id = t.host_id
               AND (o.first_date <= $7 AND o.last_date >= $6
                    OR o.starts_at < $5 AND o.ends_at > $4)) AS time_off,
           reading.calendars, reading.oldest, reading.is_refused, reading.expanded_until,
           (SELECT policy FROM calendar_policies WHERE host_id = t.host_id) AS policy
      FROM event_types t
      JOIN hosts h ON h.id = t.host_id
      JOIN schedules s ON s.host_id = t.host_id
     CROSS JOIN LATERAL (
           SELECT 86400 * CASE WHEN t.monthly_limit IS NOT NULL THEN 31
                               WHEN t.weekly_limit IS NOT NULL THEN 7
                               ELSE 0 END AS seconds
           ) counted
     CROSS JOIN LATERAL (
           SELECT array_agg(r.id) FILTER (WHERE $8::boolean) AS ids,
                  array_agg(r.booking_id) AS booking_ids,
                  array_agg(floor(date_part('epoch', r.starts_at))::bigint) AS starts,
                  array_agg(ceil(date_part('epoch', r.ends_at))::bigint) AS ends,
                  array_agg(r.buffer_before) AS before,
                  array_agg(r.buffer_after) AS after,
                  array_agg(r.event_type_id = t.id) AS same_type
             FROM reservations r
            WHERE r.host_id = t.host_id
              AND r.status <> 'freed'
              AND r.starts_at >= $4::timestamptz - make_interval(secs => counted.seconds)
              AND r.starts_at < $5::timestamptz + make_interval(secs => counted.seconds)
           ) taken
     CROSS JOIN LATERAL (
           SELECT count(*) AS calendars,
                  nullif(min(coalesce(c.synced_at, '-infinity')), '-infinity') AS oldest,
                  min(c.expanded_until) AS expanded_until,
                  coalesce(bool_or(a.state = 'RECONNECT'), false) AS is_refused
             FROM calendars c
             JOIN calendar_accounts a ON a.id = c.account_id AND a.host_id = c.host_id
            WHERE c.host_id = t.host_id
              AND c.reads
           ) reading
     WHERE t.id = coalesce(
               $1,
               (SELECT named.id FROM event_types named
                 WHERE named.host_id = $2 AND named.slug = $3),
               (SELECT former.event_type_id FROM former_slugs former
                 WHERE former.host_id = $2 AND former.slug = $3))
       AND ($2::uuid IS NULL OR t.host_id = $2)
"""  # noqa: S608 - the columns are a constant


async def find(
    connection: Connection,
    *,
    event_type_id: UUID | None,
    host_id: UUID | None,
    slug: str | None,
    span: Span,
    with_ids: bool = True,
) -> Offer | None:
    """Return the event type, archived or not, with the reservations that start in `span` (epoch
    seconds) and the schedule with the overrides of those dates; or None. A weekly or monthly limit
    widens the span of the offer. A slug is also one that the event type had. An offer that is only
    listed needs no `reservation_ids`."""
    first, last = span
    first_date = date.fromordinal(EPOCH_DAY + first // DAY - 1)
    last_date = date.fromordinal(EPOCH_DAY + last // DAY + 1)
    row = await connection.fetchrow(
        FIND,
        event_type_id,
        host_id,
        slug,
        datetime.fromtimestamp(first, UTC),
        datetime.fromtimestamp(last, UTC),
        first_date,
        last_date,
        with_ids,
    )
    return _read(row, span, first_date, last_date) if row else None


def _read(row: Record, span: Span, first_date: date, last_date: date) -> Offer:
    schedule = _schedule(row, first_date, last_date)
    return Offer(
        event_type=event_types.read(row),
        host=Host(
            id=row["host_id"],
            username=row["username"],
            name=row["host_name"],
            email=row["email"],
            timezone=row["host_timezone"],
            active=row["host_active"],
            locale=row["host_locale"],
        ),
        schedule=schedule,
        reservations=list(_reservations(row)),
        reservation_ids=row["ids"] or [],
        time_off=list(_time_off(row["time_off"] or (), zone_called(schedule.timezone))),
        holidays=_holidays(row["holidays"], first_date, last_date),
        busy=[(start, end) for start, end in row["busy"] or ()],
        reading=CalendarReading(
            row["calendars"],
            row["oldest"],
            is_refused=row["is_refused"],
            policy=CalendarPolicy(row["policy"] or CalendarPolicy.FAIL_CLOSED),
            expanded_until=row["expanded_until"],
        ),
        span=(span[0] - row["counted_seconds"], span[1] + row["counted_seconds"]),
    )


def _schedule(row: Record, first_date: date, last_date: date) -> Schedule:
    """Return the event type's schedule; one that is not among the others is the default one."""
    if row["other_schedule"] is None:
        return schedules.read(row["timezone"], row["weekly"], row["overrides"])
    timezone, weekly, overrides = row["other_schedule"]
    first, last = first_date.isoformat(), last_date.isoformat()
    near = {day: windows for day, windows in overrides.items() if first <= day <= last}
    return schedules.read(timezone, weekly, near)


def _holidays(settings: list[Any] | None, first: date, last: date) -> Sequence[Holiday]:
    return [] if settings is None else list(holiday_settings.read(*settings).between(first, last))


def _time_off(rows: Sequence[Sequence[Any]], zone: ZoneInfo) -> Iterator[Span]:
    for first_date, last_date, start, end in rows:
        if first_date is None:
            yield start, end
        else:
            yield dates_span(zone, date.fromisoformat(first_date), date.fromisoformat(last_date))


def _reservations(row: Record) -> Iterator[ReservedTime]:
    # A busy host has hundreds: `_make` and two lists take a quarter of the time of a loop.
    columns = (
        row["booking_ids"] or (),
        row["starts"] or (),
        row["ends"] or (),
        [minutes * MINUTE for minutes in row["before"] or ()],
        [minutes * MINUTE for minutes in row["after"] or ()],
        row["same_type"] or (),
    )
    return map(ReservedTime._make, zip(*columns, strict=True))
