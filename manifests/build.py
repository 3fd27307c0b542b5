"""All generated and partly generated files."""

from collections.abc import Iterable

from linktime_operator.stack.services import SERVICES
from manifests import autoscaling, backups, compose, dashboard, kubernetes, network, prometheus
from manifests.parts import with_part
from manifests.version import ROOT, projects, with_default, with_tags

BASE = "deploy/k8s/base"
BEGIN, END = "# From here on made by `make manifests`", "# To here"
COMMAND_BEGIN, COMMAND_END = "# Made by `make manifests`:", "# Up to here"
COMPOSE = "docker-compose.yml"
GUIDE = "deploy/README.md"
PROMETHEUS = "deploy/observability/prometheus/prometheus.yml"
DASHBOARD = "deploy/observability/grafana/dashboards/linktime.json"
ALERTS = "deploy/observability/prometheus/alerts.yml"
OVERLAYS = [f"deploy/k8s/overlays/{name}/kustomization.yaml" for name in ("production", "small")]
COMPONENTS = "deploy/k8s/components"


def build() -> dict[str, str]:
    """Return the texts by path in the checkout."""
    parts = {
        COMPOSE: compose.containers(),
        PROMETHEUS: prometheus.targets(),
        **dict.fromkeys(OVERLAYS, kubernetes.overlay()),
        f"{BASE}/kustomization.yaml": _entries(SERVICES),
        f"{BASE}/network/kustomization.yaml": _entries(f"{name}.yaml" for name in SERVICES),
        f"{BASE}/operator/kustomization.yaml": kubernetes.operator_settings(),
        f"{backups.COMPONENTS}/backup/scheduled.yaml": backups.scheduled(),
        f"{backups.COMPONENTS}/recovery/kustomization.yaml": backups.recovered(),
    }
    made = {
        name: with_part((ROOT / name).read_text(), part, begin=BEGIN, end=END)
        for name, part in parts.items()
    }
    made["docker-compose.yml"] = with_part(
        made["docker-compose.yml"],
        compose.postgres_command(),
        begin=COMMAND_BEGIN,
        end=COMMAND_END,
    )
    for service in SERVICES:
        made[f"{BASE}/{service}/kustomization.yaml"] = kubernetes.kustomization(service)
        made[f"{BASE}/{service}/environment.yaml"] = kubernetes.environment(service)
        made[f"{BASE}/network/{service}.yaml"] = network.policies(service)
    made[COMPOSE] = with_default(made[COMPOSE])
    made[GUIDE] = with_tags((ROOT / GUIDE).read_text())
    made |= projects()
    made[DASHBOARD] = dashboard.dashboard()
    made[f"{COMPONENTS}/autoscaling/autoscalers.yaml"] = autoscaling.autoscalers()
    made[f"{COMPONENTS}/monitoring/rules.yaml"] = prometheus.rules((ROOT / ALERTS).read_text())
    return made


def _entries(names: Iterable[str]) -> str:
    return "".join(f"  - {name}\n" for name in names)
