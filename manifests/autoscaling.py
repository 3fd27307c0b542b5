"""Horizontal autoscalers of the roles that use the processor."""

from linktime_operator.stack.services import SERVICES

MORE_ROLES = {"webhooks": ("work",)}
"""In addition to `serve`. Other services' work waits for databases and servers most of the time."""

LEAST, MOST = {"serve": 2, "work": 1}, 4
"""More processes need more database connections: docs/operations.md has the sum."""

AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
spec:
  scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: {name} }}
  minReplicas: {least}
  maxReplicas: {most}
  metrics:
    # Of the one processor that a process can use.
    - type: Resource
      resource: {{ name: cpu, target: {{ type: AverageValue, averageValue: 600m }} }}
  behavior:
    scaleDown: {{ stabilizationWindowSeconds: 600 }}
"""


def autoscalers() -> str:
    """Return one for each scaled Deployment."""
    made = [
        AUTOSCALER.format(name=f"{service}-{role}", least=LEAST[role], most=MOST)
        for service in SERVICES
        for role in ("serve", *MORE_ROLES.get(service, ()))
    ]
    return "---\n".join(made)
