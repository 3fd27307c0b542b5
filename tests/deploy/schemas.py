"""Manifests against the schemas of Kubernetes and of the operators."""

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from kubernetes_validate import utils
from kubernetes_validate.utils import SchemaNotFoundError, ValidationError, latest_version
from tests.deploy.rendering import Document

OLDEST = "1.28"
NEWEST = latest_version()
CUSTOM = frozenset(
    {"Cluster", "PodMonitor", "PrometheusRule", "RabbitmqCluster", "ScheduledBackup", "ObjectStore"}
)
"""Kinds of operators: Kubernetes has no schema of them."""

Schemas = Mapping[tuple[str, str], dict[str, Any]]


# It reads the same large file for each document.
utils.schema_contents = functools.cache(utils.schema_contents)


def kubernetes_problems(documents: list[Document], version: str) -> list[str]:
    """Return unknown fields, wrong types, and kinds that this version does not have."""
    problems = []
    for one in documents:
        if one["kind"] in CUSTOM:
            continue
        name = f"{one['kind']} {one['metadata']['name']}"
        try:
            utils.validate(one, version, strict=True)
        except SchemaNotFoundError:
            problems.append(f"{name}: Kubernetes {version} has no {one['apiVersion']}")
        except ValidationError as error:
            problems.append(f"{name}: {'.'.join(map(str, error.path))}: {error.message}")
    return problems


@functools.cache
def operators_schemas() -> Schemas:
    """Return the schemas in the folder of LINKTIME_CRDS, by API version and kind."""
    folder = os.environ.get("LINKTIME_CRDS")
    found = {}
    for path in sorted(Path(folder).glob("*.yaml")) if folder else ():
        for definition in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
            spec = definition["spec"]
            for version in spec["versions"]:
                key = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                found[key] = _strict(version["schema"]["openAPIV3Schema"])
    return found


def operators_problems(documents: list[Document], schemas: Schemas) -> list[str]:
    """Return unknown and missing fields and wrong types of the kinds that have a schema."""
    problems = []
    for one in documents:
        schema = schemas.get((one["apiVersion"], one["kind"]))
        if schema is not None:
            for error in jsonschema.Draft202012Validator(schema).iter_errors(one):
                where = ".".join(map(str, error.path))
                problems.append(
                    f"{one['kind']} {one['metadata']['name']}: {where}: {error.message}"
                )
    return problems


def _strict(schema: Any) -> Any:
    """Refuse fields that the schema does not name, as the server does."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {name: _strict(one) for name, one in schema.items() if name != "default"}
    if "properties" in schema:
        made["properties"] = {name: _strict(one) for name, one in schema["properties"].items()}
        is_open = "additionalProperties" in schema or schema.get(
            "x-kubernetes-preserve-unknown-fields"
        )
        if not is_open:
            made["additionalProperties"] = False
    return made
