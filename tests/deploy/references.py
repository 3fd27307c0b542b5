"""What manifests name must exist: pods, ports, Services, ConfigMaps, Secrets.

No schema says so, and Kubernetes accepts most of it; then pods do not start, or are not reached.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.deploy.rendering import Document

Labels = Mapping[str, str]
CLUSTER_PORTS = {"postgresql": 5432, "status": 8000, "metrics": 9187}
BROKER_PORTS = {"amqp": 5672, "management": 15672, "prometheus": 15692}
ADDRESS = re.compile(r"\w+://\S+")


@dataclass(frozen=True)
class Pods:
    """The pods of one workload, or of an operator's resource; `ports` by name."""

    name: str
    labels: Labels
    ports: Mapping[str, int]
    spec: Document = field(default_factory=dict)


class Manifests:
    """The documents of one rendered folder."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents = documents
        self.pods = [_pods(one) for one in documents if _has_pods(one)]

    def of(self, *kinds: str) -> list[Document]:
        return [one for one in self._documents if one["kind"] in kinds]

    def named(self, kind: str) -> dict[str, Document]:
        return {one["metadata"]["name"]: one for one in self.of(kind)}

    def chosen(self, selector: Document) -> list[Pods]:
        return [one for one in self.pods if matches(selector, one.labels)]


def problems(documents: list[Document]) -> list[str]:
    """Return a sentence for each name that leads nowhere."""
    found = Manifests(documents)
    checks = (
        _selectors,
        _services,
        _disruption,
        _autoscalers,
        _policies,
        _monitors,
        _mounts,
        _ingresses,
        _addresses,
        _images,
    )
    return [f"{kind}: {text}" for check in checks for kind, text in check(found)]


def matches(selector: Document, labels: Labels) -> bool:
    """Whether a label selector chooses these labels."""
    wanted = selector.get("matchLabels", {})
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    for one in selector.get("matchExpressions", ()):
        value, operator = labels.get(one["key"]), one["operator"]
        if operator == "In" and value not in one["values"]:
            return False
        if operator == "NotIn" and value in one["values"]:
            return False
        if operator == "Exists" and value is None:
            return False
    return True


def _has_pods(one: Document) -> bool:
    return one["kind"] in {"Deployment", "Job", "CronJob", "Cluster", "RabbitmqCluster"}


def _pods(one: Document) -> Pods:
    name = one["metadata"]["name"]
    if one["kind"] == "Cluster":
        labels = {"cnpg.io/cluster": name, "cnpg.io/podRole": "instance"}
        return Pods(name, labels, CLUSTER_PORTS)
    if one["kind"] == "RabbitmqCluster":
        return Pods(name, {"app.kubernetes.io/name": name}, BROKER_PORTS)
    spec = one["spec"]
    template = (spec["jobTemplate"]["spec"] if one["kind"] == "CronJob" else spec)["template"]
    containers = template["spec"]["containers"]
    ports = {
        port["name"]: port["containerPort"] for each in containers for port in each.get("ports", ())
    }
    return Pods(name, template["metadata"]["labels"], ports, template["spec"])


def _selectors(found: Manifests) -> Iterator[tuple[str, str]]:
    for one in found.of("Deployment"):
        if not matches(one["spec"]["selector"], one["spec"]["template"]["metadata"]["labels"]):
            yield "Deployment", f"{one['metadata']['name']} does not choose its own pods"


def _services(found: Manifests) -> Iterator[tuple[str, str]]:
    for one in found.of("Service"):
        name, chosen = (
            one["metadata"]["name"],
            found.chosen({"matchLabels": one["spec"]["selector"]}),
        )
        if not chosen:
            yield "Service", f"{name} chooses no pods"
        for port in one["spec"]["ports"]:
            for pods in chosen:
                if port["targetPort"] not in {*pods.ports, *pods.ports.values()}:
                    yield "Service", f"{name}: {pods.name} has no port {port['targetPort']}"


def _disruption(found: Manifests) -> Iterator[tuple[str, str]]:
    for one in found.of("PodDisruptionBudget"):
        if not found.chosen(one["spec"]["selector"]):
            yield "PodDisruptionBudget", f"{one['metadata']['name']} chooses no pods"


def _autoscalers(found: Manifests) -> Iterator[tuple[str, str]]:
    deployments = found.named("Deployment")
    for one in found.of("HorizontalPodAutoscaler"):
        name, target = one["metadata"]["name"], one["spec"]["scaleTargetRef"]["name"]
        if target not in deployments:
            yield "HorizontalPodAutoscaler", f"{name}: there is no Deployment {target}"
        # With 0 it does nothing, which a recovery wants.
        elif deployments[target]["spec"].get("replicas", 0) != 0:
            yield "HorizontalPodAutoscaler", f"{name}: applying {target} resets its number"


def _policies(found: Manifests) -> Iterator[tuple[str, str]]:
    for one in found.of("NetworkPolicy"):
        name, spec = one["metadata"]["name"], one["spec"]
        chosen = found.chosen(spec["podSelector"])
        if not chosen:
            yield "NetworkPolicy", f"{name} chooses no pods"
        for rule in spec.get("ingress", ()):
            yield from _closed_ports(name, rule, chosen)
        rules = [*spec.get("ingress", ()), *spec.get("egress", ())]
        for peer in (
            peer for rule in rules for peer in (*rule.get("from", ()), *rule.get("to", ()))
        ):
            if "podSelector" not in peer or "namespaceSelector" in peer:
                continue
            if not found.chosen(peer["podSelector"]) and not _is_elsewhere(found, peer):
                yield "NetworkPolicy", f"{name}: no pods are {peer['podSelector']}"
        for rule in spec.get("egress", ()):
            peers = [peer["podSelector"] for peer in rule.get("to", ()) if "podSelector" in peer]
            for selector in peers:
                if chosen := found.chosen(selector):
                    yield from _closed_ports(name, rule, chosen)


def _is_elsewhere(found: Manifests, peer: Document) -> bool:
    """Whether it is a server that the overlay does not run."""
    labels = peer["podSelector"].get("matchLabels", {})
    if "cnpg.io/cluster" in labels:
        return not found.of("Cluster")
    return labels.get("app.kubernetes.io/name") == "rabbitmq" and not found.of("RabbitmqCluster")


def _closed_ports(name: str, rule: Document, chosen: list[Pods]) -> Iterator[tuple[str, str]]:
    opened = {port for pods in chosen for port in pods.ports.values()}
    for port in rule.get("ports", ()):
        if port["port"] not in opened:
            yield "NetworkPolicy", f"{name}: none of its pods listens on {port['port']}"


def _monitors(found: Manifests) -> Iterator[tuple[str, str]]:
    for one in found.of("PodMonitor"):
        name, chosen = one["metadata"]["name"], found.chosen(one["spec"]["selector"])
        if not chosen:
            yield "PodMonitor", f"{name} chooses no pods"
        for endpoint in one["spec"]["podMetricsEndpoints"]:
            for pods in chosen:
                if endpoint["port"] not in pods.ports:
                    yield "PodMonitor", f"{name}: {pods.name} has no port {endpoint['port']}"


def _mounts(found: Manifests) -> Iterator[tuple[str, str]]:
    """Check ConfigMaps, Secrets and volumes of pods."""
    made = {
        "Secret": {
            *found.named("Secret"),
            *(f"{name}-app" for name in found.named("Cluster")),
            *(f"{name}-default-user" for name in found.named("RabbitmqCluster")),
        },
        "ConfigMap": {*found.named("ConfigMap")},
    }
    for pods in found.pods:
        for kind, source in _sources(pods.spec):
            name = source.get("name") or source.get("secretName")
            if name not in made[kind] and not source.get("optional"):
                yield kind, f"{pods.name} needs {name}, which nothing makes"
        volumes = {one["name"] for one in pods.spec.get("volumes", ())}
        for container in _containers(pods.spec):
            for mount in container.get("volumeMounts", ()):
                if mount["name"] not in volumes:
                    yield "Volume", f"{pods.name} has no volume {mount['name']}"


def _containers(spec: Document) -> list[Document]:
    return [*spec.get("initContainers", ()), *spec.get("containers", ())]


def _sources(spec: Document) -> Iterator[tuple[str, Document]]:
    for container in _containers(spec):
        for one in container.get("envFrom", ()):
            yield from _of_kinds(one, "configMapRef", "secretRef")
        for one in container.get("env", ()):
            yield from _of_kinds(one.get("valueFrom", {}), "configMapKeyRef", "secretKeyRef")
    for volume in spec.get("volumes", ()):
        yield from _of_kinds(volume, "configMap", "secret")
        for one in volume.get("projected", {}).get("sources", ()):
            yield from _of_kinds(one, "configMap", "secret")


def _of_kinds(one: Document, config_map: str, secret: str) -> Iterator[tuple[str, Any]]:
    if config_map in one:
        yield "ConfigMap", one[config_map]
    if secret in one:
        yield "Secret", one[secret]


def _ingresses(found: Manifests) -> Iterator[tuple[str, str]]:
    services = found.named("Service")
    for one in found.of("Ingress"):
        for rule in one["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = services.get(backend["name"], {}).get("spec", {}).get("ports", ())
                if backend["port"]["name"] not in {port["name"] for port in ports}:
                    yield "Ingress", f"nothing is {backend['name']}:{backend['port']['name']}"


def _addresses(found: Manifests) -> Iterator[tuple[str, str]]:
    """Check settings with the name of a Service: `http://scim-serve:8001`."""
    opened = {
        name: {port["port"] for port in one["spec"]["ports"]}
        for name, one in found.named("Service").items()
    }
    opened |= {name: set(BROKER_PORTS.values()) for name in found.named("RabbitmqCluster")}
    for one in found.of("ConfigMap", "Secret"):
        for key, value in one.get("data", {}).items():
            text = base64.b64decode(value).decode() if one["kind"] == "Secret" else value
            if key == "LINKTIME_PASSWORDS" or not ADDRESS.fullmatch(text):
                continue
            address = urlsplit(text)
            is_inside = "." not in (address.hostname or "")
            if is_inside and address.port not in opened.get(address.hostname or "", ()):
                yield "Address", f"{key} names {address.hostname}:{address.port}"


def _images(found: Manifests) -> Iterator[tuple[str, str]]:
    for pods in found.pods:
        for container in _containers(pods.spec):
            _name, _colon, tag = container["image"].rpartition(":")
            if not re.fullmatch(r"v?\d+\.\d+\.\d+\S*", tag):
                yield "Image", f"{pods.name} uses {container['image']}, which names no version"
