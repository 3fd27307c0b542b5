"""Offers, read by one statement, so that all rows are of one snapshot."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from asyncpg import Record

from linktime_availability.domain.calendars import CalendarPolicy, CalendarReading
from linktime_availability.domain.event_type import Host, Offer
from linktime_availability.domain.holidays import Holiday
from linktime_availability.domain.slots import ReservedTime
from linktime_availability.domain.time_off import span_of
from linktime_availability.domain.wall_time import DAY, EPOCH_DAY, MINUTE, Span
from linktime_availability.store import event_types, holiday_settings, schedules
from linktime_common.postgres import Connection
from linktime_common.timezones import zone as zone_called

# Busy time ends within seconds of what is stored: fractions are rounded outwards.
# $1 is the event type, or $2 its host and $3 its slug; with both, the host must match.
# A schedule that is not among the others is the default one.
# $4 and $5 limit the reservations' starts, which the event type's limits widen by the longest
# period that they count in; $6 and $7 the overrides' dates; both limit time off.
FIND = f"""
    SELECT {event_types.COLUMNS.qualified("t")},
           h.username, h.name AS host_name, h.email, h.timezone AS host_timezone,
           h.active AS host_active, h.locale AS host_locale,
           coalesce(other.timezone, s.timezone) AS timezone,
           coalesce(other.weekly, s.weekly) AS weekly,
           CASE WHEN other.id IS NULL
                THEN (SELECT jsonb_object_agg(o.on_date, o.windows)
                        FROM schedule_overrides o
                       WHERE o.host_id = t.host_id
                         AND o.on_date BETWEEN $6 AND $7)
                ELSE (SELECT jsonb_object_agg(o.key, o.value)
                        FROM jsonb_each(other.overrides) o
                       WHERE o.key::date BETWEEN $6 AND $7)
                END AS overrides,
           taken.ids, taken.booking_ids, taken.starts, taken.ends, taken.before, taken.after,
           taken.same_type, counted.seconds AS counted_seconds, busy.busy_starts, busy.busy_ends,
           holiday.country, holiday.region, holiday.disabled,
           off.first_dates, off.last_dates, off.off_starts, off.off_ends,
           reading.calendars, reading.oldest, reading.is_refused, reading.expanded_until,
           policy.policy
      FROM event_types t
      JOIN hosts h ON h.id = t.host_id
      JOIN schedules s ON s.host_id = t.host_id
      LEFT JOIN other_schedules other ON other.id = t.schedule_id AND other.host_id = t.host_id
     CROSS JOIN LATERAL (
           SELECT 86400 * CASE WHEN t.monthly_limit IS NOT NULL THEN 31
                               WHEN t.weekly_limit IS NOT NULL THEN 7
                               ELSE 0 END AS seconds
           ) counted
     CROSS JOIN LATERAL (
           SELECT array_agg(r.id) AS ids,
                  array_agg(r.booking_id) AS booking_ids,
                  array_agg(floor(extract(epoch FROM r.starts_at))::bigint) AS starts,
                  array_agg(ceil(extract(epoch FROM r.ends_at))::bigint) AS ends,
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
           SELECT array_agg(floor(extract(epoch FROM b.starts_at))::bigint) AS busy_starts,
                  array_agg(ceil(extract(epoch FROM b.ends_at))::bigint) AS busy_ends
             FROM busy_intervals b
             JOIN calendars c ON c.id = b.calendar_id AND c.host_id = b.host_id AND c.reads
            WHERE b.host_id = t.host_id
              AND tstzrange(b.starts_at, b.ends_at) && tstzrange($4, $5)
           ) busy
     CROSS JOIN LATERAL (
           SELECT array_agg(o.first_date) AS first_dates, array_agg(o.last_date) AS last_dates,
                  array_agg(o.starts_at) AS off_starts, array_agg(o.ends_at) AS off_ends
             FROM time_off o
            WHERE o.host_id = t.host_id
              AND (o.first_date <= $7 AND o.last_date >= $6 OR o.starts_at < $5 AND o.ends_at > $4)
           ) off
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
      LEFT JOIN calendar_policies policy ON policy.host_id = t.host_id
      LEFT JOIN holiday_settings holiday ON holiday.host_id = t.host_id
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
) -> Offer | None:
    """Return the event type, archived or not, with the reservations that start in `span` (epoch
    seconds) and the schedule with the overrides of those dates; or None. A weekly or monthly limit
    widens the span of the offer. A slug is also one that the event type had."""
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
    )
    return _read(row, span, _holidays(row, first_date, last_date)) if row else None


def _holidays(row: Record, first: date, last: date) -> list[Holiday]:
    if row["country"] is None:
        return []
    settings = holiday_settings.read(row["country"], row["region"], row["disabled"])
    return list(settings.between(first, last))


def _read(row: Record, span: Span, holidays: Sequence[Holiday]) -> Offer:
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
        schedule=schedules.read(row["timezone"], row["weekly"], row["overrides"]),
        reservations=list(_reservations(row)),
        reservation_ids=row["ids"] or [],
        time_off=list(_time_off(row)),
        holidays=holidays,
        busy=list(zip(row["busy_starts"] or (), row["busy_ends"] or (), strict=True)),
        reading=CalendarReading(
            row["calendars"],
            row["oldest"],
            is_refused=row["is_refused"],
            policy=CalendarPolicy(row["policy"] or CalendarPolicy.FAIL_CLOSED),
            expanded_until=row["expanded_until"],
        ),
        span=(span[0] - row["counted_seconds"], span[1] + row["counted_seconds"]),
    )


def _time_off(row: Record) -> Iterator[Span]:
    zone = zone_called(row["timezone"])
    columns = (row[name] or () for name in ("first_dates", "last_dates", "off_starts", "off_ends"))
    for first_date, last_date, start, end in zip(*columns, strict=True):
        yield span_of(first_date or start, last_date or end, zone)


def _reservations(row: Record) -> Iterator[ReservedTime]:
    if row["starts"] is None:
        return
    for booking_id, start, end, before, after, same_type in zip(
        row["booking_ids"],
        row["starts"],
        row["ends"],
        row["before"],
        row["after"],
        row["same_type"],
        strict=True,
    ):
        yield ReservedTime(booking_id, start, end, before * MINUTE, after * MINUTE, same_type)
