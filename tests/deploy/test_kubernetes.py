"""Each overlay and component renders, is valid, and names only what exists.

Each check is also shown something broken. `make deployment` runs the tests with this mark.
"""

import copy
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.deploy import references, schemas
from tests.deploy.rendering import (
    ROOT,
    Document,
    Rendered,
    distinct,
    kustomize,
)

from linktime_operator.stack.services import SERVICES

pytestmark = pytest.mark.deployment

YAMLLINT = "{extends: relaxed, rules: {line-length: disable, key-duplicates: enable}}"


def test_each_overlay_has_every_service(rendered: list[Rendered]) -> None:
    """Nothing is lost, which every other check would accept."""
    expected = {
        (kind, f"{name}-{role}")
        for name in SERVICES
        for kind, role in (
            ("Deployment", "serve"),
            ("Deployment", "work"),
            ("Service", "serve"),
            ("PodDisruptionBudget", "serve"),
            ("PodDisruptionBudget", "work"),
        )
    }
    expected |= {("NetworkPolicy", name) for name in (*SERVICES, "linktime", "prepare", "valkey")}
    expected |= {("Job", "prepare"), ("Deployment", "valkey"), ("Namespace", "linktime")}
    for one in rendered:
        found = {(each["kind"], each["metadata"]["name"]) for each in one.documents}
        assert expected - found == set(), one.name


@pytest.mark.parametrize("broken", ["resources: [no.yaml]", "patches: [{ path: no.yaml }]"])
def test_a_broken_folder_is_not_rendered(k8s: Path, broken: str) -> None:
    """A missing file of resources or of a patch ends with an error that names it."""
    folder = k8s / "overlays" / "broken"
    folder.mkdir(exist_ok=True)
    base = "resources: [../production]\n" if broken.startswith("patches") else ""
    (folder / "kustomization.yaml").write_text(f"{base}{broken}\n")
    done = kustomize(folder)
    assert done.returncode != 0
    assert "no.yaml" in done.stderr


def test_a_missing_program_ends_the_run_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Instead of an error for each test."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.exit.Exception, match=r"^kubectl 1\.27 or newer .* is missing"):
        kustomize(tmp_path)


def yamllint(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yamllint", "-d", YAMLLINT, *paths]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_key_is_twice(tmp_path: Path) -> None:
    """The second would replace the first without a word."""
    done = yamllint(ROOT / "deploy", ROOT / "docker-compose.yml")
    assert done.returncode == 0, done.stdout
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: 1\nb: 2\na: 3\n")
    assert yamllint(broken).returncode == 1


@pytest.mark.parametrize("version", [schemas.OLDEST, schemas.NEWEST])
def test_kubernetes_accepts_every_field(rendered: list[Rendered], version: str) -> None:
    assert schemas.kubernetes_problems(distinct(rendered), version) == []


def test_an_unknown_field_type_or_kind_is_found(production: list[Document]) -> None:
    deployment = next(one for one in production if one["kind"] == "Deployment")
    for change in (
        {"spec": {**deployment["spec"], "replicaz": 1}},
        {"spec": {**deployment["spec"], "replicas": "one"}},
        {"apiVersion": "apps/v1beta1"},
    ):
        assert len(schemas.kubernetes_problems([{**deployment, **change}], schemas.NEWEST)) == 1


def test_the_operators_accept_every_field(
    rendered: list[Rendered], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the kinds whose schemas are in the folder of LINKTIME_CRDS."""
    known = schemas.operators_schemas()
    documents = distinct(rendered)
    used = {(one["apiVersion"], one["kind"]) for one in documents}
    custom = {one for one in used if one[1] in schemas.CUSTOM}
    unchecked = sorted(kind for _version, kind in custom - known.keys())
    if unchecked:
        with capsys.disabled():
            print(f"\nnot checked, no schema in LINKTIME_CRDS: {', '.join(unchecked)}")
    assert schemas.operators_problems(documents, known) == []
    assert not known or custom & known.keys(), "no resource has one of the schemas"


def test_a_misspelt_field_of_an_operator_is_found(production: list[Document]) -> None:
    known = schemas.operators_schemas()
    if not known:
        pytest.skip("LINKTIME_CRDS names no folder with the operators' schemas")
    for kind in ("Cluster", "RabbitmqCluster"):
        broken = copy.deepcopy(next(one for one in production if one["kind"] == kind))
        broken["spec"]["persistance"] = {}
        assert len(schemas.operators_problems([broken], known)) == 1


def test_every_name_leads_somewhere(rendered: list[Rendered]) -> None:
    for one in rendered:
        assert references.problems(one.documents) == [], one.name


def pod_spec(one: Document) -> Any:
    return one["spec"]["template"]["spec"]


def rename_secret(one: Document) -> None:
    pod_spec(one)["volumes"][0]["projected"]["sources"][1]["secret"]["name"] = "lost"


BREAKS: dict[str, tuple[str, str, Callable[[Document], Any]]] = {
    "Deployment": (
        "Deployment",
        "scim-work",
        lambda one: one["spec"]["selector"]["matchLabels"].update(a="b"),
    ),
    "Service": (
        "Service",
        "scim-serve",
        lambda one: one["spec"]["ports"][0].update(targetPort="web"),
    ),
    "PodDisruptionBudget": (
        "PodDisruptionBudget",
        "scim-work",
        lambda one: one["spec"]["selector"]["matchLabels"].update(a="b"),
    ),
    "HorizontalPodAutoscaler": (
        "HorizontalPodAutoscaler",
        "scim-serve",
        lambda one: one["spec"]["scaleTargetRef"].update(name="scim"),
    ),
    "NetworkPolicy": (
        "NetworkPolicy",
        "valkey",
        lambda one: one["spec"]["ingress"][0]["ports"][0].update(port=6380),
    ),
    "Secret": ("Deployment", "scim-work", rename_secret),
    "ConfigMap": (
        "Deployment",
        "scim-work",
        lambda one: pod_spec(one)["containers"][0]["envFrom"][0]["configMapRef"].update(
            name="lost"
        ),
    ),
    "Volume": (
        "Deployment",
        "scim-work",
        lambda one: pod_spec(one)["containers"][0]["volumeMounts"][0].update(name="lost"),
    ),
    "Ingress": (
        "Ingress",
        "linktime",
        lambda one: one["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"].update(
            name="gateway"
        ),
    ),
    "Address": (
        "ConfigMap",
        "operator-settings",
        lambda one: one["data"].update(LINKTIME_SCIM_INTERNAL_URL="http://scim:8001"),
    ),
    "Image": (
        "Deployment",
        "valkey",
        lambda one: pod_spec(one)["containers"][0].update(image="valkey/valkey:latest"),
    ),
}


@pytest.mark.parametrize("found", BREAKS)
def test_a_name_that_leads_nowhere_is_found(production: list[Document], found: str) -> None:
    kind, name, change = BREAKS[found]
    documents = copy.deepcopy(production)
    change(
        next(
            one
            for one in documents
            if one["kind"] == kind and one["metadata"]["name"].startswith(name)
        )
    )
    problems = references.problems(documents)
    assert any(one.startswith(f"{found}: ") for one in problems), problems


def test_a_monitor_of_a_missing_port_is_found(rendered: list[Rendered]) -> None:
    documents = copy.deepcopy(
        next(one for one in rendered if one.name.endswith("monitoring")).documents
    )
    monitor = next(one for one in documents if one["kind"] == "PodMonitor")
    monitor["spec"]["podMetricsEndpoints"][0]["port"] = "web"
    assert any(one.startswith("PodMonitor: ") for one in references.problems(documents))


def test_the_ports_are_those_of_the_image(production: list[Document]) -> None:
    exposed = re.search(
        r"^EXPOSE (.+)$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE
    )
    assert exposed is not None
    used = {
        port["containerPort"]
        for one in production
        if one["kind"] == "Deployment"
        for container in pod_spec(one)["containers"]
        if re.match(rf"linktime/({'|'.join(SERVICES)}):", container["image"])
        for port in container["ports"]
    }
    assert used == {int(port) for port in exposed[1].split()}
