"""The folder of a service in deploy/k8s/base, and references to it."""

from collections.abc import Mapping

from linktime_operator.stack.services import (
    NAMES_PUBLIC_URL,
    OPERATOR,
    SERVICES,
)
from manifests.calls import addresses
from manifests.version import VERSION

PUBLIC_URL = "https://linktime.example"
HOST = "{}-serve"
# In addition to `service/serve.yaml` and `service/work.yaml`.
MORE_FOR_CONTAINERS = {
    "gateway": """\
          # Hashing a password takes 64 MiB for each one at work.
          resources: { limits: { memory: 512Mi } }
"""
}

MORE_SECRETS = {
    "bookings": """\
            # The operator's mail server; deploy/README.md says what it contains.
            - secretRef: { name: bookings-mail, optional: true }
"""
}
# In addition to the patch of all deployments of the service.
MORE_PATCHES = {
    "availability": """\
  # Asks four calendars at once before bookings. Each needs up to 64 MiB for its answer and 512 MiB
  # for the child process that expands it; the service itself needs up to 256 MiB.
  - target: { kind: Deployment, name: serve }
    patch: |-
      - op: replace
        path: /spec/template/spec/containers/0/resources/limits/memory
        value: 2560Mi
"""
}
# A folder beside the service's own, with the deployment of one more role.
MORE_RESOURCES = {"availability": ["../sync"]}

KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{resources}]
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
{more_patches}"""

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
{container_environment}      containers:
        - name: service
{container_environment}{more}"""

CONTAINER_ENVIRONMENT = """\
          envFrom:
            - configMapRef: {{ name: settings }}
            - secretRef: {{ name: {service}-secrets }}
{more_secrets}          env:
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
    """Return the kustomization of a service with its settings."""
    prefix = service.upper()
    settings = {f"{prefix}_LOG_LEVEL": "INFO", **addresses(service, prefix, HOST)}
    if service in NAMES_PUBLIC_URL:
        settings[f"{prefix}_PUBLIC_URL"] = PUBLIC_URL
    return KUSTOMIZATION.format(
        service=service,
        version=VERSION,
        settings=_literals(settings),
        resources=", ".join(["../service", *MORE_RESOURCES.get(service, [])]),
        more_patches=MORE_PATCHES.get(service, ""),
    )


def environment(service: str) -> str:
    """Return the patch with the sources of the containers' environment."""
    container_environment = CONTAINER_ENVIRONMENT.format(
        service=service, prefix=service.upper(), more_secrets=MORE_SECRETS.get(service, "")
    )
    return ENVIRONMENT.format(
        container_environment=container_environment, more=MORE_FOR_CONTAINERS.get(service, "")
    )


def operator_settings() -> str:
    """Return the services' addresses for the operator's command."""
    return _literals(addresses(OPERATOR, "LINKTIME", HOST))


def production() -> str:
    """Return the production overlay's part: the public URL and the services' secrets."""
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
