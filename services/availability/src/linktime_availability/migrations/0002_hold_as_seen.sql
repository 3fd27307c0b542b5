-- Holds a host's time if no reservation has come into `since` to `until` beside those in `seen`.
-- Each statement of a VOLATILE function has a snapshot of its own: the one behind the lock sees
-- what the lock's holder before has committed.
CREATE FUNCTION hold_as_seen(
    lock_key bigint, seen uuid[], since timestamptz, until timestamptz,
    id uuid, booking_id uuid, host_id uuid, event_type_id uuid,
    starts_at timestamptz, ends_at timestamptz, buffer_before integer, buffer_after integer,
    snapshot jsonb, hold_seconds double precision
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(lock_key);
    IF EXISTS (
        SELECT FROM reservations r
         WHERE r.host_id = hold_as_seen.host_id
           AND r.status <> 'freed'
           AND r.starts_at >= since
           AND r.starts_at < until
           AND r.id <> ALL (seen)
    ) THEN
        RETURN false;
    END IF;
    INSERT INTO reservations (
           id, status, booking_id, host_id, event_type_id, starts_at, ends_at,
           buffer_before, buffer_after, snapshot, expires_at)
    VALUES (hold_as_seen.id, 'held', hold_as_seen.booking_id, hold_as_seen.host_id,
            hold_as_seen.event_type_id, hold_as_seen.starts_at, hold_as_seen.ends_at,
            hold_as_seen.buffer_before, hold_as_seen.buffer_after, hold_as_seen.snapshot,
            now() + make_interval(secs => hold_seconds));
    RETURN true;
END
$$;
