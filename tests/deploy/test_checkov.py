"""checkov finds no known mistake in manifests and the Dockerfile; each skip has a reason."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.deploy.rendering import ROOT, Rendered, distinct

pytestmark = pytest.mark.deployment

CHECKOV = ROOT / ".venv" / "checkov" / "bin" / "python"
CHECKOV_SKIPS = ROOT / "deploy" / "k8s" / "checkov.yaml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
BROKEN_POD = """\
apiVersion: v1
kind: Pod
metadata: { name: broken, namespace: linktime }
spec:
  hostNetwork: true
  containers:
    - { name: a, image: "nginx:1.0", securityContext: { privileged: true } }
"""


def test_checkov_finds_nothing(rendered: list[Rendered], tmp_path: Path) -> None:
    """One run for all; of the broken files it finds something."""
    assert CHECKOV.exists(), "checkov is missing: `make security` installs it"
    broken = [tmp_path / "broken.yaml", tmp_path / "Dockerfile"]
    broken[0].write_text(BROKEN_POD)
    broken[1].write_text("FROM debian:latest\nADD a /a\n")
    all_rendered = tmp_path / "rendered.yaml"
    all_rendered.write_text(yaml.dump_all(distinct(rendered), Dumper=yaml.CSafeDumper))
    files = [all_rendered, DOCKERFILE, *broken]
    command = [
        CHECKOV,
        "-m",
        "checkov.main",
        "--config-file",
        CHECKOV_SKIPS,
        "--output",
        "json",
        "-f",
        *files,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    failed: dict[str, list[str]] = {}
    for part in json.loads(done.stdout):
        for one in part["results"]["failed_checks"]:
            text = f"{one['resource']}: {one['check_id']} {one['check_name']}"
            failed.setdefault(one["file_abs_path"], []).append(text)
    for path in broken:
        assert len(failed.pop(str(path), [])) > 3, done.stderr
    assert failed == {}


def test_each_skip_has_a_reason() -> None:
    """A comment stands before each."""
    lines = CHECKOV_SKIPS.read_text().splitlines()
    skips = yaml.safe_load("\n".join(lines))["skip-check"]
    for skip in skips:
        line = next(number for number, text in enumerate(lines) if text.strip() == f"- {skip}")
        assert lines[line - 1].strip().startswith("# ")
