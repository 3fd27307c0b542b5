"""The metrics of mail; no label names a person or an address."""

from prometheus_client import Counter, Gauge

from linktime_bookings.store.email_figures import EmailFigures

SETTLED = Counter(
    "linktime_bookings_mail_attempts", "Mails by what became of the attempt", ["status"]
)
WAITING = Gauge("linktime_bookings_mails_waiting", "Mails to send", ["status"])
OLDEST = Gauge("linktime_bookings_mails_oldest_due_seconds", "Age of the oldest due mail")


def show(figures: EmailFigures) -> None:
    """Set the gauges."""
    for status, emails in figures.waiting.items():
        WAITING.labels(status.lower()).set(emails)
    OLDEST.set(figures.oldest_due_seconds)
