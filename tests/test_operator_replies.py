"""The operator's models of webhooks' replies have every field that the service sends."""

import pytest
from pydantic import BaseModel

from linktime_common.contracts.internal_api import webhooks as known
from linktime_webhooks.api import deliveries, replays, secrets, subscriptions, webhooks

PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (webhooks.WebhookReply, known.EndpointView),
    (subscriptions.MadeWebhookReply, known.MadeEndpoint),
    (secrets.RotatedSecretReply, known.RotatedSecret),
    (deliveries.DeliveryReply, known.DeliveryView),
    (deliveries.DeliveryDetailReply, known.DeliveryWithAttempts),
    (replays.RangeReplayReply, known.RangeReplayView),
]
"""The other services send the operator's models themselves."""


@pytest.mark.parametrize(("sent", "read"), PAIRS)
def test_no_field_is_dropped(sent: type[BaseModel], read: type[BaseModel]) -> None:
    """Otherwise `linktime … --json` would omit it."""
    assert _fields(sent) == _fields(read)


def _fields(model: type[BaseModel]) -> set[str]:
    return set(model.model_json_schema(mode="serialization")["properties"])
