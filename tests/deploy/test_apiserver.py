"""What `make verify-apiserver` does without its server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from verification.apiserver.__main__ import refusals
from verification.apiserver.adapting import Document, definition, manifest
from verification.apiserver.running import Kubectl


def test_a_version_that_is_too_new_is_replaced() -> None:
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"minAvailable": 1}}
    assert manifest(budget) == {**budget, "apiVersion": "policy/v1beta1"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"replicaz": 1}}
    assert manifest(job) == job


def test_a_port_gets_its_default_protocol() -> None:
    ports = [{"port": 80}, {"port": 53, "protocol": "UDP"}]
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": ports}}
    assert manifest(service)["spec"]["ports"] == [{"port": 80, "protocol": "TCP"}, ports[1]]
    assert ports[0] == {"port": 80}


def test_a_definition_has_what_is_known() -> None:
    """Fields that are named like a keyword stay."""
    items = {"properties": {"name": {"type": "string", "default": ""}}, "required": ["value"]}
    schema: dict[str, Any] = {
        "properties": {
            "default": {"type": "string", "default": "a"},
            "list": {
                "items": items,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        },
        "x-kubernetes-validations": [{"rule": "true"}],
    }
    made = definition({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}})
    adapted = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert adapted.keys() == {"properties"}
    assert adapted["properties"]["default"] == schema["properties"]["default"]
    assert adapted["properties"]["list"]["items"] == {
        "properties": {"name": {"type": "string"}},
        "required": ["name", "value"],
    }


@pytest.mark.parametrize("names", [set(), {"0"}, {"2", "6"}, set("0123456")])
async def test_each_refused_object_is_named(names: set[str]) -> None:
    """One ends a whole list, as an unknown field does."""

    class Fake(Kubectl):
        async def apply(self, documents: Sequence[Document], *, dry_run: bool) -> tuple[int, str]:
            assert dry_run
            if any(one["metadata"]["name"] in names for one in documents):
                return 0, "no"
            return len(documents), "Warning: old"

    objects = [{"kind": "Pod", "metadata": {"name": str(number)}} for number in range(7)]
    assert await refusals(Fake(Path()), objects) == [f"Pod {name}: no" for name in sorted(names)]
