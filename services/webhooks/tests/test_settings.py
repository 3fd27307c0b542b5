"""The settings of sending: read, or the start is refused."""

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
    """Nothing is sent by a half of what the operator meant."""
    with pytest.raises(ValidationError):
        WebhooksSettings(**NEEDED | {name: value})


def test_no_retry_is_a_list_of_the_first_attempt() -> None:
    """An empty one would say that nothing is ever tried."""
    assert WebhooksSettings(**NEEDED, retry_delays_seconds=[0]).retry_delays_seconds == (0,)


def test_what_is_not_set_is_what_production_needs() -> None:
    """Public https alone, by the system's name servers and authorities, without a detour."""
    settings = WebhooksSettings(**NEEDED)
    assert (settings.allowed_networks, settings.allow_http) == ((), False)
    assert (settings.dns_server, settings.egress_proxy, settings.ca_file) == (None, None, None)


def test_the_proxys_password_is_not_shown() -> None:
    """It may stand in the URL."""
    settings = WebhooksSettings(**NEEDED, egress_proxy="http://us:hunter2@proxy.example:3128")
    assert "hunter2" not in repr(settings)
