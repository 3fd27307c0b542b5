"""The pytest plugin with all shared fixtures."""

from linktime_common.testing.brokers import broker_url, topology_prefix
from linktime_common.testing.databases import postgres_dsn, template_databases

__all__ = ["broker_url", "postgres_dsn", "template_databases", "topology_prefix"]
