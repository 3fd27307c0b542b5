"""The folder of a service in deploy/k8s/base, and where the others name it."""

from collections.abc import Mapping

from linktime_operator.stack.services import (
    NAMES_PUBLIC_URL,
    OPERATOR,
    SERVICES,
)
from manifests.calls import addresses

PUBLIC_URL = "https://linktime.example"
VERSION = "0.1.0"
HOST = "{}-serve"
# Beside what every service has in `service/serve.yaml` and `service/work.yaml`.
MORE_FOR_CONTAINERS = {
    "gateway": """\
          # Hashing a password takes 64 MiB for each one at work.
          resources: { limits: { memory: 512Mi } }
"""
}

KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../service]
namePrefix: {service}-
labels:
  - pairs: {{ app.kubernetes.io/name: {service}, app.kubernetes.io/part-of: linktime }}
    includeSelectors: true
images:
  - {{ name: service, newName: linktime/{service}, newTag: {version} }}
configMapGenerator:
  - name: settings
    literals:
{settings}patches:
  - path: environment.yaml
    target: {{ kind: Deployment }}
"""

ENVIRONMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: any
spec:
  template:
    spec:
      initContainers:
        - name: migrate
{told}      containers:
        - name: service
{told}{more}"""

TOLD = """\
          envFrom:
            - configMapRef: {{ name: settings }}
            - secretRef: {{ name: {service}-secrets }}
          env:
            - name: {prefix}_POSTGRES_DSN
              valueFrom: {{ secretKeyRef: {{ name: {service}-database-app, key: uri }} }}
"""

MERGED = """\
  - name: {service}-settings
    behavior: merge
    literals:
      - {prefix}_PUBLIC_URL={public_url}
"""


def kustomization(service: str) -> str:
    """A service's settings, and what the service is made of."""
    prefix = service.upper()
    settings = {f"{prefix}_LOG_LEVEL": "INFO", **addresses(service, prefix, HOST)}
    if service in NAMES_PUBLIC_URL:
        settings[f"{prefix}_PUBLIC_URL"] = PUBLIC_URL
    return KUSTOMIZATION.format(service=service, version=VERSION, settings=_literals(settings))


def environment(service: str) -> str:
    """Where the service's containers have their settings from."""
    told = TOLD.format(service=service, prefix=service.upper())
    return ENVIRONMENT.format(told=told, more=MORE_FOR_CONTAINERS.get(service, ""))


def operator_settings() -> str:
    """Where the services are, for the operator's command."""
    return _literals(addresses(OPERATOR, "LINKTIME", HOST))


def production() -> str:
    """The address that people see, and the services' secrets, in an overlay."""
    merged = "".join(
        MERGED.format(service=service, prefix=service.upper(), public_url=PUBLIC_URL)
        for service in SERVICES
        if service in NAMES_PUBLIC_URL
    )
    secrets = "".join(
        f"  - {{ name: {service}-secrets, envs: [secrets/{service}.env] }}\n"
        for service in SERVICES
    )
    return f"configMapGenerator:\n{merged}secretGenerator:\n{secrets}"


def _literals(settings: Mapping[str, str]) -> str:
    return "".join(f"      - {name}={value}\n" for name, value in settings.items())
