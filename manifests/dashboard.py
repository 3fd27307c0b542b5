"""The Grafana dashboard in deploy/observability, from a list of panels."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, COLUMNS = 8, 8, 3
SOURCE = {"type": "prometheus", "uid": "linktime"}
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """A graph; `queries` has a query by the legend of its lines."""

    title: str
    unit: str
    queries: dict[str, str]


def _rate(metric: str, by: str, matching: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{matching}{RATE}))"


def _quantile(share: float, histogram: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {_rate(f'{histogram}_bucket', labels)})"


_BOOKINGS = '{service="bookings", method="POST", route=~"/api/v1/bookings|/api/bookings|/dashboard/api/bookings"}'
_FAILED = '{status=~"5.."}'

ROWS: dict[str, list[Panel]] = {
    "Users": [
        Panel(
            "Bookings by status",
            "reqps",
            {"{{status}}": _rate("linktime_http_request_seconds_count", "status", _BOOKINGS)},
        ),
        Panel(
            "Public requests by status",
            "reqps",
            {"{{status}}": _rate("linktime_gateway_request_seconds_count", "status")},
        ),
        Panel(
            "Latency of public requests",
            "s",
            {
                "median": _quantile(0.5, "linktime_gateway_request_seconds"),
                "95 %": _quantile(0.95, "linktime_gateway_request_seconds"),
                "99 %": _quantile(0.99, "linktime_gateway_request_seconds"),
            },
        ),
        Panel(
            "Connections and requests in progress",
            "short",
            {
                "connections": "sum(linktime_gateway_connections)",
                "requests": "sum(linktime_gateway_requests_in_progress)",
            },
        ),
        Panel(
            "Error responses by code",
            "reqps",
            {"{{service}} {{code}}": _rate("linktime_http_errors_total", "service, code")},
        ),
        Panel(
            "Requests refused by a limit",
            "reqps",
            {
                "{{limit}}": _rate("linktime_gateway_limited_requests_total", "limit"),
                "not counted": f"sum(rate(linktime_gateway_uncounted_requests_total{RATE}))",
            },
        ),
    ],
    "Services": [
        Panel(
            "Checks of readiness",
            "bool",
            {"{{service}} {{check}}": "min by (service, check) (linktime_ready)"},
        ),
        Panel(
            "Latency of each service",
            "s",
            {"{{service}} 95 %": _quantile(0.95, "linktime_http_request_seconds", "service")},
        ),
        Panel(
            "Errors of each service",
            "reqps",
            {
                "{{service}} {{route}}": _rate(
                    "linktime_http_request_seconds_count", "service, route", _FAILED
                )
            },
        ),
        Panel(
            "Database connections in use",
            "percentunit",
            {
                "{{service}}": "max by (service) (linktime_database_pool_used / linktime_database_pool_size)"
            },
        ),
        Panel(
            "Waiting for a database connection",
            "short",
            {
                "{{service}} waiting": "sum by (service) (linktime_database_pool_waiting)",
                "{{service}} in vain": f"sum by (service) (increase(linktime_database_pool_timeouts_total{RATE}))",
            },
        ),
        Panel(
            "Turns of requests",
            "short",
            {
                "{{service}} used": "sum by (service) (linktime_turns_used)",
                "{{service}} waiting": "sum by (service) (linktime_turns_waiting)",
                "{{service}} refused": f"sum by (service) (increase(linktime_turns_refused_total{RATE}))",
            },
        ),
        Panel(
            "Lag of the event loop, 99 %",
            "s",
            {"{{service}}": _quantile(0.99, "linktime_event_loop_lag_seconds", "service")},
        ),
        Panel(
            "Memory",
            "bytes",
            {"{{service}}": 'sum by (service) (process_resident_memory_bytes{job="linktime"})'},
        ),
        Panel(
            "Processors",
            "short",
            {"{{service}}": _rate("process_cpu_seconds_total", "service", '{job="linktime"}')},
        ),
        Panel(
            "Versions",
            "short",
            {"{{service}} {{version}}": "count by (service, version) (linktime_build_info)"},
        ),
    ],
    "Events": [
        Panel(
            "Age of the oldest unpublished event",
            "s",
            {"{{service}}": "max by (service) (linktime_outbox_lag_seconds)"},
        ),
        Panel(
            "Messages in queues", "short", {"{{queue}}": "max by (queue) (linktime_queue_messages)"}
        ),
        Panel(
            "Dead-lettered messages",
            "short",
            {"{{service}}": "max by (service) (linktime_parked_messages)"},
        ),
        Panel(
            "Events published",
            "ops",
            {
                "{{service}}": _rate("linktime_outbox_published_total", "service"),
                "{{service}} failed": _rate("linktime_outbox_failed_total", "service"),
            },
        ),
        Panel(
            "Events consumed",
            "ops",
            {
                "{{consumer}} {{outcome}}": _rate(
                    "linktime_consumer_messages_total", "consumer, outcome"
                )
            },
        ),
        Panel("Consumers", "bool", {"{{consumer}}": "max by (consumer) (linktime_consumer_up)"}),
    ],
    "Effects": [
        Panel(
            "Webhook attempts",
            "ops",
            {
                "{{outcome}} {{reason}}": _rate(
                    "linktime_webhooks_attempts_total", "outcome, reason"
                )
            },
        ),
        Panel(
            "Webhook queue", "short", {"{{lane}}": "max by (lane) (linktime_webhooks_queue_depth)"}
        ),
        Panel("Oldest due webhook", "s", {"age": "max(linktime_webhooks_oldest_due_seconds)"}),
        Panel(
            "Mail attempts",
            "ops",
            {"{{status}}": _rate("linktime_bookings_mail_attempts_total", "status")},
        ),
        Panel(
            "Mails waiting",
            "short",
            {"{{status}}": "max by (status) (linktime_bookings_mails_waiting)"},
        ),
        Panel("Oldest due mail", "s", {"age": "max(linktime_bookings_mails_oldest_due_seconds)"}),
        Panel(
            "Calendars read",
            "ops",
            {"{{outcome}}": _rate("linktime_availability_calendar_syncs_total", "outcome")},
        ),
        Panel(
            "Oldest reading of a calendar",
            "s",
            {"age": "max(linktime_availability_calendar_oldest_sync_seconds)"},
        ),
        Panel(
            "Overdue holds",
            "s",
            {"oldest": "max(linktime_availability_oldest_overdue_hold_seconds)"},
        ),
    ],
}


def dashboard() -> str:
    """Return the dashboard as JSON, as Grafana's provisioning reads it."""
    found = {
        "uid": "linktime",
        "title": "LinkTime",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "panels": list(_placed()),
    }
    return json.dumps(found, indent=1) + "\n"


def _placed() -> Iterator[dict[str, Any]]:
    """Yield rows and graphs, three beside each other."""
    y = number = 0
    for row, panels in ROWS.items():
        number += 1
        place = {"x": 0, "y": y, "w": WIDTH * COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": row, "collapsed": False, "gridPos": place}
        y += 1
        for index, panel in enumerate(panels):
            number += 1
            place = {"x": index % COLUMNS * WIDTH, "y": y + index // COLUMNS * HEIGHT}
            yield {"id": number, **_graph(panel), "gridPos": {**place, "w": WIDTH, "h": HEIGHT}}
        y += -(-len(panels) // COLUMNS) * HEIGHT


def _graph(panel: Panel) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + index),
            "datasource": SOURCE,
            "expr": query,
            "legendFormat": legend,
        }
        for index, (legend, query) in enumerate(panel.queries.items())
    ]
    defaults = {"unit": panel.unit, "min": 0, "custom": {"fillOpacity": 10, "showPoints": "never"}}
    return {
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {
            "legend": {"displayMode": "list"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": targets,
    }
