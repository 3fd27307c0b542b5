"""Each route says whose turns a request takes, so that a crowd of one host delays no other."""

import importlib

import pytest

from linktime_common.http.routes import Route
from linktime_common.http.turns import NAMES
from linktime_common.identity import CallerKind
from linktime_operator.stack.services import SERVICES

WITHOUT_ACCOUNT = {CallerKind.PUBLIC, CallerKind.SERVICE}
OF_A_SERVICE = {
    "/internal/reservations",  # expired holds, which the sweeper lists
    "/internal/users",
    "/internal/users/lookup",
    "/internal/account-links",
}
"""Internal requests that jobs send, or that any host's page may cause: their caller's turns."""


def routes_of(service: str) -> list[Route]:
    found = importlib.import_module(f"linktime_{service}.api.routes")
    return [*getattr(found, "PUBLIC", []), *found.INTERNAL]


@pytest.mark.parametrize("service", SERVICES)
def test_a_route_without_an_account_names_a_host(service: str) -> None:
    """By a parameter of the path, or by a function that finds it."""
    nameless = {
        route.path
        for route in routes_of(service)
        if route.caller_kinds & WITHOUT_ACCOUNT
        and route.host_of is None
        and not any(f"{{{name}}}" in route.path for name in NAMES)
    }
    assert nameless <= OF_A_SERVICE
