"""Rewrites manifests and CustomResourceDefinitions for Kubernetes 1.20, which is older than both.

Nothing is left out of a manifest: a field that 1.20 does not know would be refused.
"""

import copy
from typing import Any

Document = dict[str, Any]

OLDER = {"policy/v1": "policy/v1beta1", "autoscaling/v2": "autoscaling/v2beta2"}


def manifest(document: Document) -> Document:
    """Return a resource with an API version that 1.20 has."""
    made = copy.deepcopy(document)
    made["apiVersion"] = OLDER.get(made["apiVersion"], made["apiVersion"])
    if made["kind"] == "Service":
        # Server-side apply compares ports by number and protocol before defaults are filled in.
        for port in made["spec"]["ports"]:
            port.setdefault("protocol", "TCP")
    return made


def definition(document: Document) -> Document:
    """Return a CustomResourceDefinition that 1.20 accepts."""
    made = copy.deepcopy(document)
    for version in made["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"] = _schema(version["schema"]["openAPIV3Schema"])
    return made


def _schema(schema: Any) -> Any:
    """Leave out rules in CEL and empty defaults, and demand the keys of lists that are maps."""
    if isinstance(schema, list):
        return [_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _schema(one) for name, one in schema.items() if name != "properties"}
    if "properties" in schema:
        made["properties"] = {name: _schema(one) for name, one in schema["properties"].items()}
    made.pop("x-kubernetes-validations", None)
    if made.get("default") == "":
        del made["default"]
    if made.get("x-kubernetes-list-type") == "map":
        keys = {*made["x-kubernetes-list-map-keys"], *made["items"].get("required", [])}
        made["items"]["required"] = sorted(keys)
    return made
