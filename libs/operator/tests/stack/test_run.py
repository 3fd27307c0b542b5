from uuid import uuid4

import pytest

from linktime_operator.stack.run import demo_rows, webhooks_go
from linktime_operator.stack.services import WEBHOOKS_FOR_DEVELOPMENT, variables
from linktime_operator.stack_file import Demo, DemoEventType

NETWORKS = variables("webhooks", WEBHOOKS_FOR_DEVELOPMENT)["WEBHOOKS_ALLOWED_NETWORKS"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"WEBHOOKS_ALLOW_HTTP": "false"},
        {"WEBHOOKS_ALLOW_HTTP": "0", "WEBHOOKS_ALLOWED_NETWORKS": "[ ]"},
    ],
)
def test_safe_settings_are_described(settings: dict[str, str]) -> None:
    """In every spelling."""
    assert webhooks_go(settings) == "go to public https addresses only"


def test_allowed_targets_are_described() -> None:
    """The development settings in words, others as they are set."""
    assert "MAY go" in webhooks_go(variables("webhooks", WEBHOOKS_FOR_DEVELOPMENT))
    half = {"WEBHOOKS_ALLOW_HTTP": "false", "WEBHOOKS_ALLOWED_NETWORKS": NETWORKS}
    assert NETWORKS in webhooks_go(half)


@pytest.mark.parametrize(
    ("slugs", "address"),
    [
        (["intro", "deep-dive"], "https://meet.example.com/demo/intro"),
        ([], "https://meet.example.com/demo"),
    ],
)
def test_the_demo_hosts_booking_page_is_named(slugs: list[str], address: str) -> None:
    """That of its first event type; without any, the host's page."""
    demo = Demo(
        email="demo@example.com",
        password="a password",
        username="demo",
        api_key=None,
        scim_token=None,
        event_types=[DemoEventType(id=str(uuid4()), slug=slug) for slug in slugs],
    )
    assert demo_rows(demo, "https://meet.example.com") == [
        ("demo host", "demo@example.com  password a password"),
        ("demo booking page", address),
    ]
