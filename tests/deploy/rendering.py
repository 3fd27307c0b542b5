"""The Kubernetes manifests as a cluster gets them: rendered by kustomize, with secrets."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from linktime_operator.deploy import secrets
from linktime_operator.deploy.secrets import DeployTarget

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy" / "k8s"
OVERLAYS = {
    path.parent.name: DeployTarget.EXTERNAL
    if path.parent.name == "small"
    else DeployTarget.KUBERNETES
    for path in sorted(K8S.glob("overlays/*/kustomization.yaml"))
}
COMPONENTS = sorted(path.parent.name for path in K8S.glob("components/*/kustomization.yaml"))
EXTERNAL = {
    "LINKTIME_POSTGRES_DSN": "postgresql://admin:secret@10.0.0.1:5432/postgres?sslmode=require",
    "LINKTIME_AMQP_URL": "amqps://admin:secret@10.0.0.2:5671/",
    "LINKTIME_RABBITMQ_MANAGEMENT_URL": "https://10.0.0.2:15671",
}
OLDEST_KUBECTL = (1, 27)
MISSING = (
    "kubectl 1.27 or newer (or kustomize 5) is missing, which `make deployment` renders the "
    "manifests with: https://kubernetes.io/docs/tasks/tools/, on Debian 13 "
    "sudo apt-get install kubernetes-client"
)

Document = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The output for one folder."""

    name: str
    path: Path

    @cached_property
    def documents(self) -> list[Document]:
        """The resources."""
        found = yaml.load_all(self.path.read_text(), Loader=yaml.CSafeLoader)
        return [one for one in found if one]


def distinct(rendered: list[Rendered]) -> list[Document]:
    """Return each document once, as most are the same in several folders."""
    found = {
        yaml.dump(one, Dumper=yaml.CSafeDumper): one for each in rendered for one in each.documents
    }
    return [*found.values()]


def kustomize(folder: Path) -> subprocess.CompletedProcess[str]:
    """Render a folder; ends the run with one sentence if there is no program for it."""
    return subprocess.run([*_program(), folder], capture_output=True, text=True, check=False)


def copied(folder: Path) -> Path:
    """Copy the manifests into `folder`, and write the secrets of each overlay there."""
    k8s = folder / "k8s"
    shutil.copytree(K8S, k8s, ignore=shutil.ignore_patterns("*.env", "kept"))
    for overlay, target in OVERLAYS.items():
        secrets.write(target, k8s / "overlays" / overlay / "secrets")
    return k8s


def render_all(k8s: Path, into: Path) -> list[Rendered]:
    """Render each overlay, and the production overlay with each component that no overlay has."""
    folders = {name: k8s / "overlays" / name for name in OVERLAYS}
    files = [yaml.safe_load((one / "kustomization.yaml").read_text()) for one in folders.values()]
    used = {component for one in files for component in one.get("components", ())}
    for name in COMPONENTS:
        if f"../../components/{name}" not in used:
            folders[f"production with {name}"] = _with_component(k8s, name)
    return [_rendered(name, folder, into) for name, folder in folders.items()]


def _with_component(k8s: Path, name: str) -> Path:
    folder = k8s / "overlays" / f"with-{name}"
    folder.mkdir()
    text = f"resources: [../production]\ncomponents: [../../components/{name}]\n"
    (folder / "kustomization.yaml").write_text(text)
    return folder


def _rendered(name: str, folder: Path, into: Path) -> Rendered:
    done = kustomize(folder)
    assert done.returncode == 0, f"{name}: {done.stderr}"
    path = into / f"{name.replace(' ', '-')}.yaml"
    path.write_text(done.stdout)
    return Rendered(name, path)


def _program() -> list[str]:
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    kubectl = shutil.which("kubectl")
    if kubectl:
        said = subprocess.run(
            [kubectl, "version", "--client"], capture_output=True, text=True, check=False
        )
        found = re.search(r"v(\d+)\.(\d+)", said.stdout)
        if found and (int(found[1]), int(found[2])) >= OLDEST_KUBECTL:
            return [kubectl, "kustomize"]
    pytest.exit(MISSING, returncode=1)
