"""The pytest plugin with all shared fixtures."""

import structlog

from linktime_local.testing.brokers import broker_url, topology_prefix
from linktime_local.testing.calendars import caldav_account, caldav_server
from linktime_local.testing.databases import long_connection_wait, postgres_dsn, template_databases
from linktime_local.testing.mail_sinks import mail_sink
from linktime_local.testing.statements import watch

__all__ = [
    "broker_url",
    "caldav_account",
    "caldav_server",
    "long_connection_wait",
    "mail_sink",
    "postgres_dsn",
    "template_databases",
    "topology_prefix",
]

watch()

# Logs to the logging module, so that a service does not write to output that a test reads.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
)
