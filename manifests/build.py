"""All generated and partly generated files."""

from collections.abc import Iterable

from linktime_operator.stack.services import SERVICES
from manifests import compose, dashboard, kubernetes, network, prometheus
from manifests.parts import with_part
from manifests.version import ROOT, projects, with_default, with_tags

BASE = "deploy/k8s/base"
BEGIN, END = "# From here on made by `make manifests`", "# To here"
COMPOSE = "docker-compose.yml"
GUIDE = "deploy/README.md"
PROMETHEUS = "deploy/observability/prometheus/prometheus.yml"
DASHBOARD = "deploy/observability/grafana/dashboards/linktime.json"
PRODUCTION = "deploy/k8s/overlays/production/kustomization.yaml"


def build() -> dict[str, str]:
    """Return the texts by path in the checkout."""
    parts = {
        COMPOSE: compose.containers(),
        PROMETHEUS: prometheus.targets(),
        PRODUCTION: kubernetes.production(),
        f"{BASE}/kustomization.yaml": _entries(SERVICES),
        f"{BASE}/network/kustomization.yaml": _entries(f"{name}.yaml" for name in SERVICES),
        f"{BASE}/operator/kustomization.yaml": kubernetes.operator_settings(),
    }
    made = {
        name: with_part((ROOT / name).read_text(), part, begin=BEGIN, end=END)
        for name, part in parts.items()
    }
    for service in SERVICES:
        made[f"{BASE}/{service}/kustomization.yaml"] = kubernetes.kustomization(service)
        made[f"{BASE}/{service}/environment.yaml"] = kubernetes.environment(service)
        made[f"{BASE}/network/{service}.yaml"] = network.policies(service)
    made[COMPOSE] = with_default(made[COMPOSE])
    made[GUIDE] = with_tags((ROOT / GUIDE).read_text())
    made |= projects()
    made[DASHBOARD] = dashboard.dashboard()
    return made


def _entries(names: Iterable[str]) -> str:
    return "".join(f"  - {name}\n" for name in names)
