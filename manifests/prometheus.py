"""What Prometheus reads in Docker Compose, and the alerts as the Prometheus operator's resource."""

from linktime_operator.stack.services import SERVICES

TARGET = '      - {{ targets: ["{service}:8001"], labels: {{ service: {service} }} }}\n'
RULES = """\
# Made by `make manifests` from deploy/observability/prometheus/alerts.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: linktime
spec:
"""


def targets() -> str:
    """Return a target for each service, with its name as label."""
    return "".join(TARGET.format(service=service) for service in SERVICES)


def rules(alerts: str) -> str:
    """Return the rules file as a resource."""
    _comment, key, groups = alerts.partition("groups:\n")
    return RULES + "".join(f"  {line}\n" for line in f"{key}{groups}".splitlines())
