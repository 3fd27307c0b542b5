"""The services' public routes and the statuses of their refusals."""

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from linktime_common.http.errors import StatusTable
from linktime_common.http.routes import Route
from linktime_gateway.api.routes import OWN, OWN_NAME
from linktime_operator.stack import services


class Described(NamedTuple):
    """A service's public routes and the statuses of its refusals."""

    routes: Sequence[Route]
    statuses: StatusTable


def _described(service: str) -> Described:
    errors = import_module(f"linktime_{service}.api.errors")
    if service == OWN_NAME:
        return Described(OWN, errors.STATUSES)
    return Described(import_module(f"linktime_{service}.api.routes").PUBLIC, errors.STATUSES)


SERVICES = {service: _described(service) for service in sorted(services.SERVICES)}
