"""The metrics of the dispatcher; no label names an endpoint or its URL."""

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter("linktime_webhooks_attempts", "Attempts made", ["outcome", "reason"])
LATENCY = Histogram(
    "linktime_webhooks_delivery_latency_seconds",
    "From an event to its delivery",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600, 86_400, 259_200),
)
IN_FLIGHT = Gauge("linktime_webhooks_in_flight", "Deliveries on the wire", ["lane"])
BLOCKED = Counter(
    "linktime_webhooks_addresses_blocked", "Attempts that would have reached a refused address"
)
