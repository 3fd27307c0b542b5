"""Horizontal autoscalers of the roles that use the processor."""

from linktime_common.process import ProcessRole
from linktime_operator.stack.connections import MOST_PODS
from linktime_operator.stack.services import SERVICES

MORE_ROLES = {"webhooks": (ProcessRole.WORK,)}
"""In addition to `serve`. Other services' work waits for databases and servers most of the time."""

LEAST = {ProcessRole.SERVE: 2, ProcessRole.WORK: 1}

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
        AUTOSCALER.format(name=f"{service}-{role}", least=LEAST[role], most=MOST_PODS[role])
        for service in SERVICES
        for role in (ProcessRole.SERVE, *MORE_ROLES.get(service, ()))
    ]
    return "---\n".join(made)
