import pytest

from linktime_operator.stack.run import webhooks_go
from linktime_operator.stack.services import WEBHOOKS_FOR_DEVELOPMENT, variables

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
