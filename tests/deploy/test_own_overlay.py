"""The commands of docs/operations.md that change an installation's own overlay."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.deploy.rendering import EXTERNAL, Document, copied, kustomize
from tests.pages import section

pytestmark = pytest.mark.deployment

PAGE = "docs/operations.md"


def change(overlay: Path, heading: str) -> None:
    """Run the lines of the section that edit files of the overlay."""
    lines = re.findall(r"^ *(sed -i .*\$OVERLAY/.*)$", section(PAGE, heading), re.MULTILINE)
    assert lines, heading
    script = "\n".join(lines)
    subprocess.run(["bash", "-ec", script], env={"OVERLAY": str(overlay)}, check=True)


def documents(overlay: Path) -> list[Document]:
    done = kustomize(overlay)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if one]


def kinds(found: list[Document]) -> Counter[str]:
    return Counter(one["kind"] for one in found)


def test_components_are_added_to_those_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the backup, and for a recovery two more: the autoscalers stay."""
    for name, value in EXTERNAL.items():
        monkeypatch.setenv(name, value)
    overlay = copied(tmp_path) / "overlays" / "production"
    change(overlay, "Install on Kubernetes")
    installed = kinds(documents(overlay))
    assert installed["HorizontalPodAutoscaler"] > 5

    change(overlay, "Back up on Kubernetes")
    with_backup = kinds(documents(overlay))
    assert with_backup - installed == Counter(ObjectStore=1, ScheduledBackup=6)
    assert installed - with_backup == Counter()

    change(overlay, "Restore on Kubernetes")
    recovering = documents(overlay)
    assert with_backup - kinds(recovering) == Counter(Ingress=1)
    assert kinds(recovering) - with_backup == Counter()
    clusters = [one for one in recovering if one["kind"] == "Cluster"]
    assert all("recovery" in one["spec"]["bootstrap"] for one in clusters)
    replicas = {
        one["metadata"]["name"]: one["spec"].get("replicas")
        for one in recovering
        if one["kind"] == "Deployment" and one["metadata"]["name"].endswith(("-work", "-sync"))
    }
    assert set(replicas.values()) == {0}
