"""The services' internal ports that Prometheus reads in Docker Compose."""

from linktime_operator.stack.services import SERVICES

TARGET = '      - {{ targets: ["{service}:8001"], labels: {{ service: {service} }} }}\n'


def targets() -> str:
    """Return a target for each service, with its name as label."""
    return "".join(TARGET.format(service=service) for service in SERVICES)
