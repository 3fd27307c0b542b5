"""The request models of all services: bodies and queries."""

import importlib
import pkgutil
from collections.abc import Iterator

from pydantic import BaseModel

import linktime_common.http
from linktime_common.http.fields import QueryModel, RequestModel
from linktime_operator.stack.services import SERVICES

PACKAGES = (
    linktime_common.http,
    *(importlib.import_module(f"linktime_{service}") for service in SERVICES),
)


def models() -> list[type[BaseModel]]:
    """Return every body and query model of every service."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found = [one for base in (RequestModel, QueryModel) for one in below(base)]
    return [one for one in found if one.__module__.startswith("linktime_")]


def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in model.__subclasses__():
        yield one
        yield from below(one)
