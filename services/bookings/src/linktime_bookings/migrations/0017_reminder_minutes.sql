-- migrate: batches
-- Of coming bookings: the reminders that still wait.
UPDATE bookings
   SET reminder_minutes = ARRAY(SELECT minutes_before
                                  FROM reminders
                                 WHERE reminders.booking_id = bookings.id
                                   AND reminders.sequence = bookings.sequence
                                 ORDER BY minutes_before)
 WHERE id IN (SELECT id
                FROM bookings
               WHERE reminder_minutes IS NULL
                 AND status = 'CONFIRMED'
                 AND ends_at > now()
               ORDER BY id
               LIMIT 1000);
