-- A reminder that became a mail, or is void, is deleted. These are of earlier versions.
DELETE FROM reminders WHERE status <> 'WAITING';

-- Without the column `status`, which a later migration drops together with the index reminders_due:
-- processes of earlier versions still use both.
CREATE INDEX reminders_by_due_at ON reminders (due_at);
