"""The memory limits of availability leave room for its child processes."""

import pytest
import yaml
from manifests.build import ROOT

from linktime_availability.calendars import recheck, sync
from linktime_availability.calendars.expansion import ExpansionLimits
from linktime_availability.domain.calendars import MOST_OBJECT_BYTES

K8S = ROOT / "deploy" / "k8s" / "base"
MIB = 1024 * 1024
OWN = 256 * MIB


def limit_of(role: str) -> str:
    """Return the memory limit in the Kubernetes files."""
    if role == "sync":
        deployment = yaml.safe_load((K8S / "sync" / "sync.yaml").read_text())
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        return str(container["resources"]["limits"]["memory"])
    patches = yaml.safe_load((K8S / "availability" / "kustomization.yaml").read_text())["patches"]
    (patch,) = [one["patch"] for one in patches if one["target"].get("name") == role]
    (change,) = yaml.safe_load(patch)
    assert change["path"] == "/spec/template/spec/containers/0/resources/limits/memory"
    return str(change["value"])


@pytest.mark.parametrize(("role", "at_once"), [("serve", recheck.AT_ONCE), ("sync", sync.AT_ONCE)])
def test_all_children_fit(role: str, at_once: int) -> None:
    """Each with the memory that it may use, and with the objects that are downloaded for it."""
    needed = OWN + at_once * (ExpansionLimits().memory_bytes + MOST_OBJECT_BYTES)
    assert int(limit_of(role).removesuffix("Mi")) * MIB >= needed
