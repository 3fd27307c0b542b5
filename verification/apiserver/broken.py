"""Changes of an object that the server must refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verification.apiserver.adapting import Document


@dataclass(frozen=True)
class Broken:
    """A change of the first object of a kind, and a part of the server's sentence about it."""

    what: str
    kind: str
    change: Callable[[Document], Any]
    said: str


def _container(one: Document) -> Any:
    return one["spec"]["template"]["spec"]["containers"][0]


def _privileged(one: Document) -> None:
    both = {"privileged": True, "allowPrivilegeEscalation": False}
    _container(one).update(securityContext=both)


BROKEN = (
    Broken(
        "replicas -1",
        "Deployment",
        lambda one: one["spec"].update(replicas=-1),
        "spec.replicas: Invalid value: -1",
    ),
    Broken(
        "quantity 256MiB",
        "Deployment",
        lambda one: _container(one).update(resources={"limits": {"memory": "256MiB"}}),
        "quantities must match the regular expression",
    ),
    Broken(
        "selector of other labels",
        "Deployment",
        lambda one: one["spec"]["selector"]["matchLabels"].update(a="b"),
        "`selector` does not match template `labels`",
    ),
    Broken(
        "privileged without escalation",
        "Deployment",
        _privileged,
        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
    ),
    *(
        Broken(
            f"unknown field of a {kind}",
            kind,
            lambda one: one["spec"].update(persistance={}),
            "persistance",
        )
        for kind in ("Cluster", "RabbitmqCluster")
    ),
)
