"""The folder of a service in deploy/k8s/base, and references to it."""

from collections.abc import Mapping

from linktime_operator.stack import connections
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
      containers:
        - name: service
          # Hashing a password takes 64 MiB for each one at work.
          resources: { limits: { memory: 512Mi } }
"""
}

MORE_SECRETS = {
    "bookings": """\
              # The operator's mail server; deploy/README.md says what it contains.
              - secret: { name: bookings-mail, optional: true }
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
  # For up to {pods}; docs/running.md has the sum.
  - target: {{ kind: Cluster }}
    patch: |-
      - op: add
        path: /spec/postgresql/parameters/max_connections
        value: "{max_connections}"
{more_patches}"""

ENVIRONMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: any
spec:
  template:
    spec:
{more}      volumes:
        # A file for each setting that is secret.
        - name: secrets
          projected:
            defaultMode: 288 # 0440
            sources:
              - secret:
                  name: {service}-database-app
                  items: [{{ key: uri, path: {prefix}_POSTGRES_DSN }}]
              - secret: {{ name: {service}-secrets }}
{more_secrets}"""

MERGED = """\
  - name: {service}-settings
    behavior: merge
    literals:
      - {prefix}_PUBLIC_URL={public_url}
{more}"""
# In addition to the public URL of a service.
MORE_MERGED = {
    "gateway": """\
      # Trusts nobody, so all clients share one address and its limits. docs/operations.md, "Behind a
      # proxy", says how to find the network of your ingress controller's pods.
      - GATEWAY_TRUSTED_PROXIES=[]
"""
}


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
        pods=", ".join(
            f"{pods} pods of `{role}`"
            for role, pods in connections.MOST_PODS.items()
            if role in connections.roles_of(service)
        ),
        max_connections=connections.on_kubernetes(service),
        more_patches=MORE_PATCHES.get(service, ""),
    )


def environment(service: str) -> str:
    """Return the patch with the files of the containers' secret settings."""
    return ENVIRONMENT.format(
        service=service,
        prefix=service.upper(),
        more=MORE_FOR_CONTAINERS.get(service, ""),
        more_secrets=MORE_SECRETS.get(service, ""),
    )


def operator_settings() -> str:
    """Return the services' addresses for the operator's command."""
    return _literals(addresses(OPERATOR, "LINKTIME", HOST))


def overlay() -> str:
    """Return an overlay's part: the public URL and the services' secrets."""
    merged = "".join(
        MERGED.format(
            service=service,
            prefix=service.upper(),
            public_url=PUBLIC_URL,
            more=MORE_MERGED.get(service, ""),
        )
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
