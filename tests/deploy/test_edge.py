"""Who reaches the gateway in Docker Compose, whom it trusts, and how much is kept of the logs."""

import json
import re
from ipaddress import ip_network

import pytest
import yaml
from manifests.build import ROOT
from manifests.compose import TRUSTED_PROXIES
from tests.pages import section

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
LOOPBACK = "127.0.0.1:"


def test_the_gateway_trusts_the_network_in_which_a_proxy_is() -> None:
    """And no other; connections to its published port come from this network."""
    (subnet,) = [one["subnet"] for one in COMPOSE["networks"]["edge"]["ipam"]["config"]]
    environment = SERVICES["gateway"]["environment"]
    assert json.loads(environment["GATEWAY_TRUSTED_PROXIES"]) == [subnet]
    assert json.loads(yaml.safe_load(TRUSTED_PROXIES)) == [subnet]
    default = re.fullmatch(r"\$\{LINKTIME_EDGE_SUBNET:-(.*)\}", subnet)
    assert default is not None
    assert ip_network(default[1]).is_private
    # Compose keeps a network that exists, so this one is not that of versions without the address.
    assert COMPOSE["networks"]["edge"]["name"] == "${COMPOSE_PROJECT_NAME:-linktime}_public"


def test_nothing_is_published_beyond_this_machine() -> None:
    """The gateway trusts the X-Forwarded-For of every connection to its published port."""
    published = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert f"{LOOPBACK}${{LINKTIME_PORT:-8080}}:8000" in published
    assert [port for port in published if not port.startswith(LOOPBACK)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_log_of_each_container_is_rotated(name: str) -> None:
    """So that no log fills the disk."""
    logging = SERVICES[name]["logging"]
    assert logging["driver"] == "json-file"
    assert set(logging["options"]) == {"max-size", "max-file"}


def test_the_patch_for_an_ingress_controller_meets_its_rule() -> None:
    """docs/operations.md restricts the first rule, which admits everybody to the public port."""
    text = (ROOT / "deploy/k8s/base/network/gateway.yaml").read_text()
    policy = next(one for one in yaml.safe_load_all(text) if one["metadata"]["name"] == "gateway")
    assert policy["spec"]["ingress"][0] == {"ports": [{"port": 8000}]}
    patch = section("docs/operations.md", "An Ingress controller")
    assert "name: gateway }" in patch
    assert "path: /spec/ingress/0/from" in patch
