"""Invalid settings stop the start."""

from typing import Any

import pytest
from pydantic import ValidationError

from linktime_common.settings import InvalidSettings, load
from linktime_gateway.clients.forwards import SERVICES
from linktime_gateway.settings import GatewaySettings

URL = "http://127.0.0.1:1"
NEEDED = {
    "postgres_dsn": "postgres://",
    "broker_url": "amqp://localhost/",
    "port": 1,
    "internal_port": 2,
    "public_url": URL,
    "scim_internal_url": URL,
    **{f"{name}_url": URL for name in SERVICES},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit_api_key", "60"),
        ("limit_api_key", "0/minute"),
        ("limit_api_key", "60/minute; 5/second"),
        ("limit_failed_checks", "many"),
        ("limit_store_url", "127.0.0.1:6379"),
        ("limit_store_url", "http://127.0.0.1:6379"),
        ("trusted_proxies", ["10.0.0.1/8"]),
        ("trusted_proxies", ["proxy.example.com"]),
    ],
)
def test_an_invalid_setting_is_refused(name: str, value: Any) -> None:
    """The error names it."""
    with pytest.raises(ValidationError) as refused:
        GatewaySettings(**{**NEEDED, name: value})
    assert [problem["loc"][0] for problem in refused.value.errors()] == [name]


@pytest.mark.parametrize("service", SERVICES)
def test_each_forwarded_service_needs_its_address(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable for each service in the route table; a missing one is named."""
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"GATEWAY_{name.upper()}", str(value))
    assert load(GatewaySettings).service_urls() == dict.fromkeys(SERVICES, f"{URL}/")
    monkeypatch.delenv(f"GATEWAY_{service.upper()}_URL")
    with pytest.raises(InvalidSettings, match=f"^GATEWAY_{service.upper()}_URL is missing$"):
        load(GatewaySettings)


def test_the_defaults_and_environment_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate is text, proxies are a JSON list."""
    monkeypatch.setenv("GATEWAY_LIMIT_SCIM", "10 per 2 seconds")
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", '["10.0.0.0/8", "fd00::/8"]')
    settings = GatewaySettings(**NEEDED)
    rates = {
        limit.value: (rate.amount, rate.get_expiry()) for limit, rate in settings.rates().items()
    }
    assert rates == {
        "api_key": (60, 60),
        "failed_checks": (5, 60),
        "public_bookings": (10, 60),
        "public_reads": (120, 60),
        "scim": (10, 2),
        "session": (300, 60),
    }
    assert len(settings.trusted_proxies) == 2
