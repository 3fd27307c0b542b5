"""What the dispatcher tells of itself; no label names an endpoint or its URL."""

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter("webhook_attempts", "Attempts made", ["outcome", "reason"])
LATENCY = Histogram(
    "webhook_delivery_latency_seconds",
    "From an event to its delivery",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600, 86_400, 259_200),
)
DEPTH = Gauge("webhook_queue_depth", "Live deliveries, counted up to 100,000", ["lane"])
OLDEST_DUE = Gauge("webhook_oldest_due_seconds", "How long the delivery longest due has waited")
IN_FLIGHT = Gauge("webhook_inflight", "Deliveries on the wire", ["lane"])
ENDPOINTS = Gauge("webhook_endpoint_state", "Endpoints in each state", ["state"])
BLOCKED = Counter("webhook_ssrf_blocked", "Attempts that would have reached a refused address")
RETURNED = Counter("webhook_leases_expired", "Deliveries whose dispatcher did not come back")
POISON = Counter("webhook_poison_deliveries", "Deliveries taken out since they kept dispatchers")
