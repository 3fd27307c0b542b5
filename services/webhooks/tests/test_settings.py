"""The settings of sending: invalid ones prevent the start."""

from typing import Any

import pytest
from pydantic import ValidationError
from services.webhooks.tests.subscribers import SEALING_KEY

from linktime_webhooks.settings import WebhooksSettings

NEEDED: dict[str, Any] = {
    "postgres_dsn": "postgresql://",
    "broker_url": "amqp://localhost/",
    "port": 1,
    "internal_port": 2,
    "sealing_keys": [SEALING_KEY],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("egress_proxy", "https://proxy.example:3128"),
        ("egress_proxy", "proxy.example:3128"),
        ("egress_proxy", ""),
        ("dns_server", "127.0.0.1"),
        ("dns_server", ":53"),
        ("dns_server", "127.0.0.1:dns"),
        ("ca_file", "/nowhere/ca.pem"),
        ("allowed_networks", ["10.0.0.1/8"]),
        ("retry_delays_seconds", []),
        ("retry_delays_seconds", [5, 300]),
        ("retry_delays_seconds", [0, -1]),
        ("retry_delays_seconds", [0, "nan"]),
        ("retry_delays_seconds", [0, "inf"]),
        ("retry_delays_seconds", [0, 31 * 86_400]),
        ("retry_delays_seconds", [0] * 101),
    ],
)
def test_a_setting_that_is_refused(name: str, value: Any) -> None:
    """No setting is partly applied."""
    with pytest.raises(ValidationError):
        WebhooksSettings(**NEEDED | {name: value})


def test_no_retries_are_a_list_with_the_first_attempt() -> None:
    """An empty list would mean that nothing is ever sent."""
    assert WebhooksSettings(**NEEDED, retry_delays_seconds=[0]).retry_delays_seconds == (0,)


def test_the_defaults_are_for_production() -> None:
    """Public https only, the system's name servers and authorities, no proxy."""
    settings = WebhooksSettings(**NEEDED)
    assert (settings.allowed_networks, settings.allow_http) == ((), False)
    assert (settings.dns_server, settings.egress_proxy, settings.ca_file) == (None, None, None)


def test_the_proxys_password_is_not_shown() -> None:
    """It may be part of the URL."""
    settings = WebhooksSettings(**NEEDED, egress_proxy="http://us:hunter2@proxy.example:3128")
    assert "hunter2" not in repr(settings)
