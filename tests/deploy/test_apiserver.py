"""What `make verify-apiserver` changes for Kubernetes 1.20; the server itself is not started."""

from typing import Any

from verification.apiserver.adapting import definition, manifest


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
