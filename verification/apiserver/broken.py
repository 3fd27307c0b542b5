"""Changes of an object that must be refused."""

from collections.abc import Callable
from typing import Any

from verification.apiserver.adapting import Document


def _container(one: Document) -> Any:
    return one["spec"]["template"]["spec"]["containers"][0]


def _privileged(one: Document) -> None:
    contradiction = {"privileged": True, "allowPrivilegeEscalation": False}
    _container(one).update(securityContext=contradiction)


def _misspelt(one: Document) -> None:
    one["spec"]["persistance"] = {}


BROKEN: dict[str, tuple[str, Callable[[Document], Any], str]] = {
    "replicas -1": (
        "Deployment",
        lambda one: one["spec"].update(replicas=-1),
        "spec.replicas: Invalid value: -1",
    ),
    "quantity 256MiB": (
        "Deployment",
        lambda one: _container(one).update(resources={"limits": {"memory": "256MiB"}}),
        "quantities must match the regular expression",
    ),
    "selector of other labels": (
        "Deployment",
        lambda one: one["spec"]["selector"]["matchLabels"].update(a="b"),
        "`selector` does not match template `labels`",
    ),
    "privileged without escalation": (
        "Deployment",
        _privileged,
        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
    ),
    "unknown field of a Cluster": ("Cluster", _misspelt, "persistance"),
    "unknown field of a RabbitmqCluster": ("RabbitmqCluster", _misspelt, "persistance"),
}
"""The kind of the object, its change, and a part of what is said about it."""
